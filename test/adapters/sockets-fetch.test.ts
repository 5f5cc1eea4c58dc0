import { adapterSuite } from '../suites/adapters/suite.ts'
import { fetchHost } from '../suites/adapters/hosts/fetch.ts'

adapterSuite(fetchHost)
