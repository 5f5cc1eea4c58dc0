import { nodeStyle } from '../suites/adapters/listeners.ts'
import { nodeResponseSuite } from '../suites/adapters/node-responses.ts'

nodeResponseSuite(nodeStyle)
