import { adapterSuite } from '../suites/adapters/suite.ts'
import { nodeHost } from '../suites/adapters/hosts/node.ts'

adapterSuite(nodeHost)
