import { express4Host } from './suite/hosts/express.ts'
import { soakSuite } from './suite/soak.ts'

soakSuite(express4Host)
