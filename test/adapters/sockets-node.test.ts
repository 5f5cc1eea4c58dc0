import { adapterSuite } from './suite/suite.ts'
import { nodeHost } from './suite/hosts/node.ts'

adapterSuite(nodeHost)
