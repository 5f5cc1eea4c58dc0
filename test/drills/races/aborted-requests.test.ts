import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ask } from '../../suites/adapters/client.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { createCrowd } from '../outages/crowd.ts'
import { random } from '../../support/random.ts'
import { openShop, type Page } from '../outages/shop.ts'
import { openRedisStore, ways } from '../outages/stores.ts'

const requests = 500
const atOnce = 40

describeRedis('when many disconnect before they are answered, all others get their own answer', () => {
  it.each(ways)('by a client of %s', async (way) => {
    const server = await startRedis()
    const { store, close } = await openRedisStore(way, server.port)
    const shop = await openShop(store, { storeTimeout: 2 })
    const crowd = createCrowd(shop.port, 30)
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
    try {
      await crowd.arrive()
      const ids = await Promise.all(crowd.visitors.map(async ({ visit }) => (await visit('/')).page!.id))
      let [next, left, answered] = [0, 0, 0]
      const mismatched: unknown[] = []
      const walk = async (): Promise<void> => {
        while (next++ < requests) {
          const at = Math.floor(random() * ids.length)
          const { name, browser } = crowd.visitors[at]!
          const leaving = new AbortController()
          if (random() < 0.5) void pause(random() * 8).then(() => leaving.abort())
          const path = random() < 0.5 ? '/' : `/cart?item=${name}`
          const headers = { 'X-Forwarded-Proto': 'https' }
          const got = await ask(shop.port, path, {
            cookie: browser.cookie,
            agent,
            headers,
            signal: leaving.signal,
          }).catch(() => null)
          if (got === null) {
            left++
            continue
          }
          answered++
          const { user, id, cart } = JSON.parse(got.body) as Page
          if (user !== name || id !== ids[at] || cart.some((item) => item !== name)) mismatched.push([name, got.body])
        }
      }
      await Promise.all(Array.from({ length: atOnce }, walk))

      expect(mismatched).toEqual([])
      expect(shop.count('store-down')).toBe(0)
      // It was a storm: many left, and many stayed.
      expect(left).toBeGreaterThan(requests / 10)
      expect(answered).toBeGreaterThan(requests / 10)
    } finally {
      agent.destroy()
      crowd.leave()
      await shop.stop()
      await close()
      await server.stop()
    }
  })
})
