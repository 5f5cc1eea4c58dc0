import { koaHost } from '../../suites/adapters/hosts/koa.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(koaHost)
