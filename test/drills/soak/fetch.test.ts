import { fetchHost } from '../../suites/adapters/hosts/fetch.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(fetchHost)
