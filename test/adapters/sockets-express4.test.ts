import { adapterSuite } from '../suites/adapters/suite.ts'
import { express4Host } from '../suites/adapters/hosts/express.ts'

adapterSuite(express4Host)
