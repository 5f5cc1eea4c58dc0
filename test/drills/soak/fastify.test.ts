import { fastifyHost } from '../../suites/adapters/hosts/fastify.ts'
import { soakSuite } from '../../suites/adapters/soak.ts'

soakSuite(fastifyHost)
