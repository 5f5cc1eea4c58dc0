import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/** What becomes of bytes on their way: they pass, they are lost without a word, or they wait until bytes pass again. */
export type Way = 'pass' | 'swallow' | 'hold'

/** A stretch of network before a server on 127.0.0.1, which a test can spoil. */
export interface TcpProxy {
  readonly port: number
  /** How many connections there are, good and bad. */
  readonly connections: number
  /** From now on, for the connections that are there and for those to come. */
  set(ways: {
    readonly toServer?: Way
    readonly toClient?: Way
    /** How long bytes are under way in each direction, in milliseconds. */
    readonly delay?: number
  }): void
  /** Breaks all connections, as a firewall does that forgot them (RST). */
  reset(): void
  /** Ends the clients' side of all connections, and says nothing to the server (FIN). */
  halfClose(): void
  stop(): Promise<void>
}

/** Starts a proxy on a free port. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const ways = { toServer: 'pass' as Way, toClient: 'pass' as Way }
  let delay = 0
  const pairs = new Set<Pair>()

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    const pair: Pair = {
      client,
      upstream,
      toServer: stretch(
        upstream,
        () => ways.toServer,
        () => delay,
      ),
      toClient: stretch(
        client,
        () => ways.toClient,
        () => delay,
      ),
    }
    pairs.add(pair)
    join(pair, client, pair.toServer)
    join(pair, upstream, pair.toClient)
  })

  function join(pair: Pair, from: Socket, onward: Stretch): void {
    const other = from === pair.client ? pair.upstream : pair.client
    from.setNoDelay(true)
    from.on('data', (bytes) => onward.take(bytes))
    from.on('end', () => onward.take(null))
    // A reset is handed on as one, save where nothing gets through.
    from.on('error', () => onward.isOpen && other.resetAndDestroy())
    from.on('close', () => {
      if (pair.client.destroyed && pair.upstream.destroyed) pairs.delete(pair)
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  function reset(): void {
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
    set(changed) {
      ways.toServer = changed.toServer ?? ways.toServer
      ways.toClient = changed.toClient ?? ways.toClient
      delay = changed.delay ?? delay
      for (const { toServer, toClient } of pairs) {
        toServer.go()
        toClient.go()
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

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  readonly toServer: Stretch
  readonly toClient: Stretch
}

/** One direction of one connection. */
interface Stretch {
  readonly isOpen: boolean
  /** Takes bytes, or the end. */
  take(bytes: Buffer | null): void
  /** Hands on what waited, if bytes pass now. */
  go(): void
}

function stretch(to: Socket, way: () => Way, delay: () => number): Stretch {
  // In the order in which they left, also when the way has become shorter since.
  const under: { readonly bytes: Buffer | null; readonly arrivesAt: number }[] = []
  let timer: NodeJS.Timeout | null = null
  // A stream with a hole in it goes on for nobody: the bytes after it would be taken for other answers.
  let isDead = false

  function send(bytes: Buffer | null): void {
    if (to.destroyed || to.writableEnded) return
    if (bytes === null) to.end()
    else to.write(bytes)
  }

  const stretch: Stretch = {
    get isOpen() {
      return !isDead && way() === 'pass'
    },
    take(bytes) {
      under.push({ bytes, arrivesAt: performance.now() + delay() })
      stretch.go()
    },
    go() {
      isDead ||= way() === 'swallow' && under.length > 0
      if (!stretch.isOpen) return
      while (under.length > 0 && under[0]!.arrivesAt <= performance.now()) send(under.shift()!.bytes)
      if (under.length === 0 || timer !== null) return
      timer = setTimeout(
        () => {
          timer = null
          stretch.go()
        },
        Math.ceil(under[0]!.arrivesAt - performance.now()),
      )
    },
  }
  return stretch
}
