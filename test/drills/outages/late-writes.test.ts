import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { createCrowd } from './crowd.ts'
import { openShop } from './shop.ts'
import { openRedisStore, ways } from './stores.ts'
import type { Visit, Visitor } from './visitor.ts'

interface Given {
  readonly server: RedisServer
  /** The network before it. */
  readonly proxy: TcpProxy
}

const given = (test: (given: Given) => Promise<void>) => async () => {
  const server = await startRedis({ args: ['--appendonly', 'yes'] })
  const proxy = await startTcpProxy(server.port)
  try {
    await test({ server, proxy })
  } finally {
    await proxy.stop()
    await server.stop()
  }
}

/** A server with four visitors, whose store is asked one way or another. */
async function visited({ proxy }: Given, way: string, unconfirmedFor = 0) {
  const { store, close } = await openRedisStore(way, proxy.port, `${way}:`)
  const shop = await openShop(store, { unconfirmedFor })
  const crowd = createCrowd(shop.port, 4)
  await crowd.arrive()
  const stop = async (): Promise<void> => {
    crowd.leave()
    await shop.stop()
    await close()
  }
  return { shop, visitors: crowd.visitors, stop }
}

const faults: [string, (given: Given) => unknown, (given: Given) => unknown][] = [
  ['frozen', ({ server }) => server.freeze(), ({ server }) => server.thaw()],
  ['killed', ({ server }) => server.kill(), ({ server }) => server.restart()],
  ['far away', ({ proxy }) => proxy.set({ delayMs: 400 }), ({ proxy }) => proxy.set({ delayMs: 0 })],
]

/** Looks until a client has connected again, which takes longer on a busy machine. */
async function lookWhenBack(look: Visitor['look'], path: string): Promise<Visit> {
  const until = performance.now() + 10_000
  for (;;) {
    const visit = await look(path)
    if (visit.status !== 503 || performance.now() > until) return visit
    await pause(100)
  }
}

describeRedis('a write that timed out', () => {
  it.concurrent.each(faults)('while Redis was %s is not executed later, by any client', async (_, begin, end) =>
    given(async (world) => {
      const all = await Promise.all(ways.map(async (way) => visited(world, way)))
      try {
        const asked = all.map(async ({ visitors: [one, two, three, four] }) => {
          const { cookie } = four!.browser
          const visits = await Promise.all([
            one!.look('/cart?item=late&wait=600'),
            two!.look('/renew?wait=600'),
            three!.look('/flash?text=late&wait=600'),
            four!.look('/sign-in?user=somebody&wait=600'),
          ])
          expect(four!.browser.cookie).toBe(cookie)
          return visits.map(({ status }) => status)
        })
        // They were opened, and are not committed yet.
        await pause(300)
        await begin(world)
        expect((await Promise.all(asked)).flat()).toEqual(ways.flatMap(() => [503, 503, 503, 503]))
        await pause(300)
        await end(world)
        await pause(2100)

        for (const [at, { shop, visitors }] of all.entries()) {
          for (const { name, look } of visitors) {
            const { page } = await lookWhenBack(look, '/flashes')
            expect({ way: ways[at], ...page }).toMatchObject({ way: ways[at], user: name, cart: [], flashes: [] })
          }
          expect(await shop.sessions.list('somebody')).toEqual([])
        }
      } finally {
        await Promise.all(all.map(async ({ stop }) => stop()))
      }
    })(),
  )

  it.concurrent.each([
    ['is there', 0, []],
    ['does not stand in the way of what was changed after it, which is there', 600, ['carried', 'and-more']],
  ])('although it was done, since its answer was lost, %s, once', async (_, unconfirmedFor, more) =>
    given(async (world) => {
      const { server, proxy } = world
      const { shop, visitors, stop } = await visited(world, 'redis', unconfirmedFor)
      const [visitor] = visitors
      const { id } = (await visitor!.look('/')).page!
      try {
        // Far enough away that what is read comes back, and what is written is under way when the way back is cut.
        proxy.set({ delayMs: 40 })
        const asked = visitor!.look('/cart?item=milk')
        const isDone = async () => String(await server.ask('HGET', `redis:u:${visitor!.name}`, id!)).includes('milk')
        while (!(await isDone())) await pause(5)
        proxy.set({ toClient: 'swallow', delayMs: 0 })
        const { status } = await asked
        for (const item of more) await visitor!.look(`/cart?item=${item}`)
        proxy.set({ toClient: 'pass' })
        proxy.reset()
        await pause(1200)

        // After a 503 nobody knows whether it was done, so the copy is without it.
        const cart = status === 200 || more.length === 0 ? ['milk', ...more] : more
        for (const times of [1, 2]) expect([times, (await visitor!.look('/')).page?.cart]).toEqual([times, cart])
        expect(shop.count('refused')).toBe(0)
      } finally {
        await stop()
      }
    })(),
  )
})
