import { adapterSuite } from './suite/suite.ts'
import { express4Host } from './suite/hosts/express.ts'

adapterSuite(express4Host)
