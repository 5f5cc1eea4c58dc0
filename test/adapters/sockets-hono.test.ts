import { adapterSuite } from './suite/suite.ts'
import { honoHost } from './suite/hosts/hono.ts'

adapterSuite(honoHost)
