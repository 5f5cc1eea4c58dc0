import { nodeStyle } from './suite/listeners.ts'
import { nodeResponseSuite } from './suite/node-responses.ts'

nodeResponseSuite(nodeStyle)
