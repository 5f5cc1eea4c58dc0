import { honoHost } from '../../suites/adapters/hosts/hono.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(honoHost)
