import { setTimeout as pause } from 'node:timers/promises'
import { startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { createCrowd, type Crowd } from './crowd.ts'
import { openShop, type Shop } from './shop.ts'
import { openRedisStore } from './stores.ts'
import type { Visit, Visitor } from './visitor.ts'

/** One Redis, and servers that reach it by themselves or through a network that fails. */
export interface World {
  readonly redis: RedisServer
  readonly proxy: TcpProxy
  /** Opens a server that reads from memory what did not change; `near` it is not behind the proxy. */
  open(options: { near?: boolean; unconfirmedFor?: number }): Promise<Shop>
  /** Ends a server as a process ends: nothing that it still wanted is done. */
  end(shop: Shop): Promise<void>
  /** Some visitors of a server, signed in. */
  visitors(shop: Shop): Promise<readonly [Visitor, Visitor, Visitor]>
  /** Cuts the network without a word: connections stay, and nothing gets through. */
  cut(): void
  /** Mends it; the connections of before are broken. */
  mend(): void
  stop(): Promise<void>
}

/** Runs a test in a world of its own, so that many can run at once. */
export const inWorld = (test: (world: World) => Promise<void>) => async () => {
  const world = await createWorld()
  try {
    await test(world)
  } finally {
    await world.stop()
  }
}

async function createWorld(): Promise<World> {
  const redis = await startRedis()
  const proxy = await startTcpProxy(redis.port)
  const ends = new Map<Shop, () => Promise<void>>()
  const crowds: Crowd[] = []

  const world: World = {
    redis,
    proxy,
    async open({ near = false, unconfirmedFor = 0 }) {
      const port = near ? redis.port : proxy.port
      const { store, close } = await openRedisStore('redis with clientSideCache', port)
      const shop = await openShop(store, { unconfirmedFor })
      ends.set(shop, async () => {
        await close()
        await shop.stop()
      })
      return shop
    },
    async end(shop) {
      await ends.get(shop)!()
      ends.delete(shop)
    },
    async visitors({ port }) {
      const crowd = createCrowd(port, 3)
      crowds.push(crowd)
      await crowd.arrive()
      return crowd.visitors as unknown as [Visitor, Visitor, Visitor]
    },
    cut: () => proxy.set({ toServer: 'swallow', toClient: 'swallow' }),
    mend() {
      proxy.set({ toServer: 'pass', toClient: 'pass' })
      proxy.reset()
    },
    async stop() {
      for (const crowd of crowds) crowd.leave()
      for (const shop of ends.keys()) await world.end(shop)
      await proxy.stop()
      await redis.stop()
    },
  }
  return world
}

/** Looks at the first page until something is so; gives all that was seen, and how long it took. */
export async function until({ look }: Visitor, isSo: (visit: Visit) => boolean) {
  const began = performance.now()
  const seen: Visit[] = []
  while (performance.now() - began < 15_000) {
    const visit = await look('/')
    seen.push(visit)
    if (isSo(visit)) return { seen, milliseconds: performance.now() - began }
    await pause(25)
  }
  throw new Error(`It never came to be: ${JSON.stringify(seen.at(-1))}`)
}

/** Whether a visit was answered, and as nobody's. */
export const isSignedOut = ({ status, page }: Visit): boolean => status === 200 && page!.user === null
