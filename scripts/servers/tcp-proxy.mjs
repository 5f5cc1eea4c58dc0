// @ts-check
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * How bytes in one direction are treated: passed on, dropped, or held until bytes pass again.
 *
 * @typedef {'pass' | 'swallow' | 'hold'} Way
 */

/**
 * A proxy in front of a server on 127.0.0.1, to simulate a bad network.
 *
 * @typedef {object} TcpProxy
 * @property {number} port
 * @property {number} connections how many connections are open
 * @property {(changes: { toServer?: Way, toClient?: Way, delayMs?: number }) => void} set changes all connections, also
 *   later ones; `delayMs` is for each direction
 * @property {() => void} reset breaks all connections with RST, as a firewall does that has forgotten them
 * @property {() => void} halfClose ends the client's side of all connections (FIN), and sends nothing to the server
 * @property {() => Promise<void>} stop
 */

/**
 * Receives the bytes of one connection as they arrive, for example to count them.
 *
 * @typedef {object} Observer
 * @property {(bytes: Buffer) => void} [toServer]
 * @property {(bytes: Buffer) => void} [toClient]
 */

/** @typedef {ReturnType<typeof createDirection>} Direction */
/** @typedef {import('node:net').Socket} Socket */
/** @typedef {{ client: Socket, upstream: Socket, toServer: Direction, toClient: Direction }} Pair */

/**
 * Starts a proxy on a free port.
 *
 * @param {number} targetPort
 * @param {() => Observer} [observe] is called for each connection
 * @returns {Promise<TcpProxy>}
 */
// One function, because every method of the proxy works on the same sockets.
export async function startTcpProxy(targetPort, observe = () => ({})) {
  const network = { toServer: /** @type {Way} */ ('pass'), toClient: /** @type {Way} */ ('pass'), delayMs: 0 }
  /** @type {Set<Pair>} */
  const pairs = new Set()

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    const pair = {
      client,
      upstream,
      toServer: createDirection(upstream, () => ({ way: network.toServer, delayMs: network.delayMs })),
      toClient: createDirection(client, () => ({ way: network.toClient, delayMs: network.delayMs })),
    }
    const observer = observe()
    pairs.add(pair)
    join(pair, client, pair.toServer, observer.toServer)
    join(pair, upstream, pair.toClient, observer.toClient)
  })

  /** @param {Pair} pair @param {Socket} from @param {Direction} direction @param {Observer['toServer']} [observe] */
  function join(pair, from, direction, observe) {
    const other = from === pair.client ? pair.upstream : pair.client
    from.setNoDelay(true)
    from.on('data', (data) => {
      const bytes = /** @type {Buffer} */ (data) // the types of newer Node versions allow text, which needs setEncoding
      observe?.(bytes)
      direction.take(bytes)
    })
    from.on('end', () => direction.take(null))
    from.on('error', () => direction.isOpen && other.resetAndDestroy())
    from.on('close', () => {
      if (pair.client.destroyed && pair.upstream.destroyed) pairs.delete(pair)
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

  function reset() {
    for (const { client, upstream } of pairs) {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
    pairs.clear()
  }

  return {
    port,
    get connections() {
      return pairs.size
    },
    set(changes) {
      Object.assign(network, changes)
      for (const { toServer, toClient } of pairs) {
        toServer.send()
        toClient.send()
      }
    },
    reset,
    halfClose() {
      for (const { client } of pairs) client.end()
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      reset()
      await closed
    },
  }
}

/**
 * One direction of one connection.
 *
 * @param {Socket} to
 * @param {() => { way: Way, delayMs: number }} network
 */
function createDirection(to, network) {
  // A queue keeps the order of the bytes, also when the delay is reduced meanwhile.
  /** @type {{ bytes: Buffer | null, dueAt: number }[]} */
  const queue = []
  /** @type {NodeJS.Timeout | null} */
  let timer = null
  // After dropped bytes, send nothing more: the client would take later bytes for the response to an earlier request.
  let isDead = false

  /** @param {Buffer | null} bytes */
  function write(bytes) {
    if (to.destroyed || to.writableEnded) return
    if (bytes === null) to.end()
    else to.write(bytes)
  }

  const direction = {
    get isOpen() {
      return !isDead && network().way === 'pass'
    },
    /** Takes bytes, or `null` for the end. @param {Buffer | null} bytes */
    take(bytes) {
      queue.push({ bytes, dueAt: performance.now() + network().delayMs })
      direction.send()
    },
    /** Sends all bytes that are due, if bytes pass now. */
    send() {
      isDead ||= network().way === 'swallow' && queue.length > 0
      if (!direction.isOpen) return
      let next = queue[0]
      for (; next && next.dueAt <= performance.now(); next = queue[0]) write(queue.shift()?.bytes ?? null)
      if (next === undefined || timer !== null) return
      timer = setTimeout(
        () => {
          timer = null
          direction.send()
        },
        Math.ceil(next.dueAt - performance.now()),
      )
    },
  }
  return direction
}
