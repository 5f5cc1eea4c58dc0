import { Agent } from 'node:http'
import type { SessionsOptions } from '../../../src/index.ts'
import type { SessionStore } from '../../../src/stores/store.ts'
import { openShop, type Shop } from '../outages/shop.ts'
import { startBalancer } from '../../../scripts/servers/http-proxy.mjs'

/** The configuration of a server: options, and a function that closes what was opened for them. */
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
  /** Whether a server has a store. */
  hasStore(shop: Shop): boolean
  /** Whether a server that has a store has handed out a cookie, given as `name=value`. */
  isFromStore(cookie: string): boolean
  /** Restarts one after another: `between` is awaited after each, with one that is still as it was, if any is. */
  rollOut(arrangement: Arrangement, between: (restarted: Shop, other: Shop | undefined) => Promise<void>): Promise<void>
  stop(): Promise<void>
}

interface Running {
  readonly shop: Shop
  readonly hasStore: boolean
  close?(): unknown
}

const urlOf = ({ port }: Shop): string => `http://127.0.0.1:${port}`

export async function startFleet(first: Arrangement): Promise<Fleet> {
  const running: Running[] = []
  const fromStore = new Map<string, boolean>()
  const agent = new Agent({ keepAlive: true, scheduling: 'fifo' }) // as in people.ts
  const balancer = await startBalancer({
    agent,
    onResponse(server, { headers }) {
      const { hasStore } = running.find(({ shop }) => urlOf(shop) === server)!
      for (const line of headers['set-cookie'] ?? []) fromStore.set(line.split(';')[0]!, hasStore)
    },
  })

  async function start(arrangement: Arrangement): Promise<Running> {
    const { options, close } = await arrangement()
    const shop = await openShop(options.store as SessionStore, options)
    return { shop, hasStore: options.store !== undefined, ...(close !== undefined && { close }) }
  }

  async function end({ shop, close }: Running): Promise<void> {
    await balancer.remove(urlOf(shop))
    await shop.stop()
    await close?.()
  }

  for (let count = 0; count < 3; count++) {
    const begun = await start(first)
    running.push(begun)
    balancer.add(urlOf(begun.shop))
  }
  return {
    port: balancer.port,
    get shops() {
      return running.map(({ shop }) => shop)
    },
    hasStore: (shop) => running.find((each) => each.shop === shop)?.hasStore === true,
    isFromStore(cookie) {
      const isFrom = fromStore.get(cookie)
      if (isFrom === undefined) throw new Error('No server has handed out such a cookie.')
      return isFrom
    },
    async rollOut(arrangement, between) {
      for (let at = 0; at < running.length; at++) {
        await end(running[at]!)
        const begun = await start(arrangement)
        running[at] = begun
        balancer.add(urlOf(begun.shop))
        await between(begun.shop, running[at + 1]?.shop)
      }
    },
    async stop() {
      for (const each of running) await end(each)
      await balancer.stop()
      agent.destroy()
    },
  }
}
