import { once } from 'node:events'
import { bodyOf, connect, cookiesOf, requestOf } from './connection.mjs'
import { loads } from './loads.mjs'
import { expressServers } from './servers/express.mjs'
import { fastifyServers } from './servers/fastify.mjs'
import { honoServers } from './servers/hono.mjs'
import { nodeServers } from './servers/node-http.mjs'

const connections = 16
const visitors = 200
const warmUpMs = 1000 // of a slow server, which is warm after fewer

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
    return { readPort: () => server.address().port, ...createLoads(server, name !== undefined) }
  },
})

function createLoads(server, hasSessions) {
  const ends = Array.from({ length: connections }, () => connect(server))
  const requests = {}

  /** Sends requests of a load on all connections. Returns the microseconds of CPU that the process takes for each. */
  async function send(load, count) {
    const all = requests[load]
    let next = 0
    const before = process.cpuUsage()
    await Promise.all(
      ends.map(async (ask) => {
        while (next < count) await ask(all[next++ % all.length])
      }),
    )
    const { user, system } = process.cpuUsage(before)
    return (user + system) / count
  }

  /** Signs the visitors of a load in, and lets the server compile its code. */
  async function prepare(load, warmUps) {
    const { path, size } = loads[load]
    requests[load] = [requestOf(path)]
    if (hasSessions && size) {
      const signIn = requestOf(`/begin/${size}`)
      requests[load] = []
      while (requests[load].length < visitors) requests[load].push(requestOf(path, cookiesOf(await ends[0](signIn))))
    }
    if (hasSessions) checkBody(path, size, bodyOf(await ends[0](requests[load][0])))
    const startedAt = performance.now()
    for (let sent = 0; sent < warmUps && performance.now() - startedAt < warmUpMs; sent += 500) await send(load, 500)
  }
  return { prepare, send }
}

/** Fails if a server does not do the work, because it would win. */
function checkBody(path, size, body) {
  const expected = { '/read': size ? '42' : 'guest', '/count': '1' }[path] ?? 'ok'
  if (body !== expected) throw new Error(`GET ${path} responded with ${body}`)
}

export const subjects = [...nodeServers, ...expressServers, ...honoServers, ...fastifyServers].map(asSubject)
