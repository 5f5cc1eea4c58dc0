import { expressSuite } from '../suites/adapters/express-suite.ts'
import { expresses } from '../suites/adapters/hosts/express.ts'

for (const [name, express] of expresses) expressSuite(name, express)
