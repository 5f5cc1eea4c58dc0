import { fetchHost } from './suite/hosts/fetch.ts'
import { soakSuite } from './suite/soak.ts'

soakSuite(fetchHost)
