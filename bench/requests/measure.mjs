import { measureCalls, warmUp } from '../run/calls.mjs'
import { bodyOf, connect, cookiesOf, requestOf } from './connection.mjs'
import { loads } from './loads.mjs'

const connections = 16
const visitors = 200

/** Returns the functions of a subject that measure a server of `node:http`. */
export function measureServer(server, hasSessions) {
  server.keepAliveTimeout = 0 // its connections must stay open while it waits for its turn
  const ends = Array.from({ length: connections }, () => connect(server))
  const requests = {}

  /** Sends requests of a load. Returns the CPU that the process takes for each, and the latency. */
  const send = (load, count, inFlight = connections) =>
    measureCalls((index, place) => ends[place](requests[load][index % requests[load].length]), count, inFlight)

  /** Signs the visitors of a load in, and lets the server compile its code in so many requests. */
  async function prepare(load, calls) {
    const { path, size } = loads[load]
    requests[load] = [requestOf(path)]
    if (hasSessions && size) {
      const signIn = requestOf(`/begin/${size}`)
      requests[load] = []
      while (requests[load].length < visitors) requests[load].push(requestOf(path, cookiesOf(await ends[0](signIn))))
    }
    if (hasSessions) checkBody(path, size, bodyOf(await ends[0](requests[load][0])))
    await warmUp(() => send(load, 500), 500, { calls, maxMs: 10_000 })
  }
  return { prepare, send }
}

/** Fails if a server does not do the work, because it would win. */
function checkBody(path, size, body) {
  const expected = { '/read': size ? '42' : 'guest', '/count': '1' }[path] ?? 'ok'
  if (body !== expected) throw new Error(`GET ${path} responded with ${body}`)
}
