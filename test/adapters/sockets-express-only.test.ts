import { expressSuite } from './suite/express-suite.ts'
import { expresses } from './suite/hosts/express.ts'

for (const [name, express] of expresses) expressSuite(name, express)
