import { adapterSuite } from './suite/suite.ts'
import { fetchHost } from './suite/hosts/fetch.ts'

adapterSuite(fetchHost)
