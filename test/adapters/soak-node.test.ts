import { nodeHost } from './suite/hosts/node.ts'
import { soakSuite } from './suite/soak.ts'

soakSuite(nodeHost)
