import { adapterSuite } from '../suites/adapters/suite.ts'
import { nestOnFastifyHost } from '../suites/adapters/hosts/nest.ts'

adapterSuite(nestOnFastifyHost)
