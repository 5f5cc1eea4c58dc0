import { adapterSuite } from '../suites/adapters/suite.ts'
import { koaHost } from '../suites/adapters/hosts/koa.ts'

adapterSuite(koaHost)
