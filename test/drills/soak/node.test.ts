import { nodeHost } from '../../suites/adapters/hosts/node.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(nodeHost)
