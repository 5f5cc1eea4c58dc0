import { express4Host } from '../../suites/adapters/hosts/express.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(express4Host)
