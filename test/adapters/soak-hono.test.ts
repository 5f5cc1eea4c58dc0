import { honoHost } from './suite/hosts/hono.ts'
import { soakSuite } from './suite/soak.ts'

soakSuite(honoHost)
