import { adapterSuite } from '../suites/adapters/suite.ts'
import { honoHost } from '../suites/adapters/hosts/hono.ts'

adapterSuite(honoHost)
