import { adapterSuite } from '../suites/adapters/suite.ts'
import { nestOnExpressHost } from '../suites/adapters/hosts/nest.ts'

adapterSuite(nestOnExpressHost)
