import { once } from 'node:events'
import { expressServers } from './servers/express.mjs'
import { fastifyServers } from './servers/fastify.mjs'
import { honoServers } from './servers/hono.mjs'
import { nodeServers } from './servers/node-http.mjs'

/**
 * Makes a subject of a server. One without a name has no sessions; those of the same host are compared with it. `start`
 * resolves to a server of `node:http`.
 */
export const asSubject = ({ host, name, start, ...rest }) => ({
  row: name === undefined ? host : `${host} + ${name}`,
  ...(name !== undefined && { plain: host }),
  ...rest,
  async start(settings) {
    const server = await start(settings)
    server.keepAliveTimeout = 0 // its connections must stay open while it waits for its turn
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      readPort: () => server.address().port,
      /** The microseconds of CPU that its process has used. */
      readCpu() {
        const { user, system } = process.cpuUsage()
        return user + system
      },
    }
  },
})

export const subjects = [...nodeServers, ...expressServers, ...honoServers, ...fastifyServers].map(asSubject)
