import { nestOnExpressHost } from '../../suites/adapters/hosts/nest.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(nestOnExpressHost)
