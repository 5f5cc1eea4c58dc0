import { expresses } from './suite/hosts/express.ts'
import { expressStyle } from './suite/listeners.ts'
import { nodeResponseSuite } from './suite/node-responses.ts'

nodeResponseSuite(expressStyle(...expresses[1]))
