import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { expect, it } from 'vitest'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { createCrowd } from './crowd.ts'
import { openShop } from './shop.ts'
import { openRedisStore, ways } from './stores.ts'
import type { Visit, Visitor } from './visitor.ts'

// Some clients send again what was not answered when their connection broke, and others do not.
describeRedis('a write that was done as the connection broke', () => {
  it.concurrent.each(ways)('is done once, and answered as it was or not at all, by a client of %s', async (way) => {
    const server = await startRedis()
    const proxy = await startTcpProxy(server.port)
    const { store, close } = await openRedisStore(way, proxy.port)
    // So long that Redis answers in time on a busy machine.
    const shop = await openShop(store, { storeTimeout: 2 })
    const crowd = createCrowd(shop.port, 3)
    const [one, two, newcomer] = crowd.visitors as [Visitor, Visitor, Visitor]
    const direct = await createClient({ url: server.url }).connect()

    /** Breaks the connection when something is done, and not yet answered. */
    async function broken(asked: Promise<Visit>, isDone: () => Promise<boolean>): Promise<Visit> {
      while (!(await isDone())) await pause(1)
      proxy.reset()
      const visit = await asked
      proxy.set({ delayMs: 0 })
      await pause(400)
      return visit
    }
    const far = async (visitor: Visitor, path: string): Promise<Visit> => {
      proxy.set({ delayMs: 20 })
      return visitor.look(path)
    }

    try {
      await one.signIn()
      await two.signIn()
      const [first, second] = [(await one.look('/')).page!.id, (await two.look('/')).page!.id]

      const valueOf = async ({ name }: Visitor, id: string | null) => direct.hGet(`sojourn:u:${name}`, String(id))
      await broken(far(one, '/count'), async () => (await valueOf(one, first))!.includes('\ncart\n'))
      expect((await one.look('/')).page?.cart).toEqual(['one'])

      const hashOf = async () => (await valueOf(two, second))!.split(' ')[5]
      const hash = await hashOf()
      const isRenewed = async () => (await hashOf()) !== hash
      const renewed = await broken(far(two, '/renew'), isRenewed)
      // If the result is unknown, the old cookie stays, and opens nothing.
      expect([renewed.status, (await two.look('/')).page?.user]).toEqual(
        renewed.status === 200 ? [200, two.name] : [503, null],
      )

      const hasCome = async () => (await direct.keys('sojourn:u:*')).length > 2
      const came = await broken(far(newcomer, '/sign-in?user=newcomer'), hasCome)
      expect([came.status, (await newcomer.look('/')).page?.user]).toEqual(
        came.status === 200 ? [200, 'newcomer'] : [503, null],
      )

      const isOut = async () => !(await valueOf(one, first))!.includes('\n')
      const left = await broken(far(one, '/sign-out'), isOut)
      expect([left.status, one.browser.cookie]).toEqual([200, ''])
      expect(shop.count('refused')).toBe(0)
    } finally {
      direct.destroy()
      crowd.leave()
      await shop.stop()
      await close()
      await proxy.stop()
      await server.stop()
    }
  })
})
