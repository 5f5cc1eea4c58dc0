import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { createCrowd } from './crowd.ts'
import { reportOf } from './report.ts'
import { openShop } from './shop.ts'
import { openRedisStore } from './stores.ts'

const troubles: Readonly<Record<string, (proxy: TcpProxy) => Promise<void>>> = {
  async 'is so slow that many answers come too late'(proxy) {
    for (const delayMs of [125, 136, 145, 0]) {
      proxy.set({ delayMs })
      await pause(1200)
    }
  },
  async 'breaks connections again and again, with what is under way'(proxy) {
    proxy.set({ delayMs: 5 })
    for (let times = 0; times < 12; times++) {
      await pause(350)
      if (times % 2 === 0) proxy.reset()
      else proxy.halfClose()
    }
    proxy.set({ delayMs: 0 })
    await pause(1200)
  },
}

describeRedis('while the network before Redis', () => {
  it.concurrent.each(
    Object.entries(troubles).flatMap(([what, trouble]) =>
      ['redis with clientSideCache', 'ioredis'].map((way) => [what, way, trouble] as const),
    ),
  )(
    '%s, nobody is signed out if sessions continue without it, and no answered change is lost: by a client of %s',
    async (_, way, trouble) => {
      const server = await startRedis()
      const proxy = await startTcpProxy(server.port)
      const { store, close } = await openRedisStore(way, proxy.port)
      const shop = await openShop(store, { unconfirmedFor: 600 })
      const crowd = createCrowd(shop.port, 60)
      try {
        await crowd.arrive()
        const leave = crowd.come(60)
        await trouble(proxy)
        await leave()

        // The store is up, so that what it does not answer in time is a 503.
        expect(reportOf(crowd.visits)).toMatchObject({ unanswered: [], signedOut: [], rudely: [] })
        const statuses = new Set(crowd.visits.map(({ status }) => status))
        expect([200, 503]).toEqual(expect.arrayContaining([...statuses]))
        expect(await crowd.wrongs()).toEqual([])
        expect(shop.count('refused')).toBe(0)
      } finally {
        crowd.leave()
        await shop.stop()
        await close()
        await proxy.stop()
        await server.stop()
      }
    },
  )
})
