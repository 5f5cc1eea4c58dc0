import type { SessionsOptions } from '../../src/index.ts'
import type { SessionStore } from '../../src/store.ts'
import { openShop, type Shop } from '../drills/shop.ts'
import { startBalancer } from './balancer.ts'

/** What a server is started with: options, and what closes what was opened for them. */
export interface Started {
  readonly options: SessionsOptions
  close?(): unknown
}

/** A way to start a server. */
export type Arrangement = () => Promise<Started>

/** Three servers behind a load balancer. */
export interface Fleet {
  readonly port: number
  readonly shops: readonly Shop[]
  /** Restarts one after another: `between` is awaited after each. */
  rollOut(arrangement: Arrangement, between: (restarted: Shop) => Promise<void>): Promise<void>
  stop(): Promise<void>
}

interface Running {
  readonly shop: Shop
  close?(): unknown
}

export async function startFleet(first: Arrangement): Promise<Fleet> {
  const balancer = await startBalancer()
  const running: Running[] = []

  async function start(arrangement: Arrangement): Promise<Running> {
    const { options, close } = await arrangement()
    const shop = await openShop(options.store as SessionStore, options)
    balancer.add(shop.port)
    return { shop, ...(close !== undefined && { close }) }
  }

  async function end({ shop, close }: Running): Promise<void> {
    await balancer.drain(shop.port)
    await shop.stop()
    await close?.()
  }

  for (let count = 0; count < 3; count++) running.push(await start(first))
  return {
    port: balancer.port,
    get shops() {
      return running.map(({ shop }) => shop)
    },
    async rollOut(arrangement, between) {
      for (let at = 0; at < running.length; at++) {
        await end(running[at]!)
        running[at] = await start(arrangement)
        await between(running[at]!.shop)
      }
    },
    async stop() {
      for (const each of running) await end(each)
      await balancer.stop()
    },
  }
}
