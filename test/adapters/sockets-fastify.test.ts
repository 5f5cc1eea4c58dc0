import { adapterSuite } from '../suites/adapters/suite.ts'
import { fastifyHost } from '../suites/adapters/hosts/fastify.ts'

adapterSuite(fastifyHost)
