import { adapterSuite } from '../suites/adapters/suite.ts'
import { h3Host } from '../suites/adapters/hosts/h3.ts'

adapterSuite(h3Host)
