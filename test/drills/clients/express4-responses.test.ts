import { expresses } from '../../suites/adapters/hosts/express.ts'
import { expressStyle } from '../../suites/adapters/listeners.ts'
import { nodeResponseSuite } from '../../suites/adapters/node-responses.ts'

nodeResponseSuite(expressStyle(...expresses[1]))
