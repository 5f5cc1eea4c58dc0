import { expect, it } from 'vitest'
import { describeRedis } from '../../support/servers/redis.ts'
import { inWorld, isSignedOut, until, type World } from './two-servers.ts'

/** A second is promised, and a busy machine can only make it longer. */
const tries = { retry: 4 }

/** A server with a visitor whose session it has in memory. */
async function warm(world: World, unconfirmedFor = 0) {
  const here = await world.open({ unconfirmedFor })
  const [visitor] = await world.visitors(here)
  const { id } = (await visitor.look('/')).page!
  await world.redis.ask('CONFIG', 'RESETSTAT')
  for (let times = 0; times < 5; times++) await visitor.look('/')
  expect((await world.redis.calls())['hget']).toBeUndefined()
  return { visitor, id: id! }
}

describeRedis('of two servers with one Redis, one that reads from memory', () => {
  it.concurrent.each([0, 600])(
    'refuses within a second what the other revoked, if sessions continue for %i s without Redis',
    tries,
    async (unconfirmedFor) =>
      inWorld(async (world) => {
        const { visitor, id } = await warm(world, unconfirmedFor)
        const there = await world.open({ near: true, unconfirmedFor })

        expect(await there.sessions.revoke(visitor.name, id)).toEqual({ ended: 1, confirmed: true })
        expect((await until(visitor, isSignedOut)).milliseconds).toBeLessThan(1000)
      })(),
  )

  it.concurrent(
    'does not serve what the other revoked just before Redis froze',
    tries,
    inWorld(async (world) => {
      const { visitor, id } = await warm(world)
      const there = await world.open({ near: true })
      expect((await there.sessions.revoke(visitor.name, id)).ended).toBe(1)
      const began = performance.now()
      world.redis.freeze()

      const { seen } = await until(visitor, ({ page }) => page?.user !== visitor.name)
      // The answer that says so waited for Redis; what counts is when it was last served.
      expect((seen.at(-2)?.at ?? began) - began).toBeLessThan(1000)
      world.redis.thaw()
      await until(visitor, isSignedOut)
    }),
  )

  // It may get no more messages, so its cache is valid for a second; then it waits for an answer.
  it.concurrent.each<[string, (world: World) => void]>([
    ['Redis freezes', ({ redis }) => redis.freeze()],
    ['the network is cut', ({ cut }) => cut()],
    ['it receives nothing more', ({ proxy }) => proxy.set({ toClient: 'swallow' })],
  ])('serves from memory for no more than a second when %s', tries, async (_, begin) =>
    inWorld(async (world) => {
      const { visitor } = await warm(world)
      const began = performance.now()
      begin(world)

      const { seen } = await until(visitor, ({ status }) => status === 503)
      for (const { page } of seen.slice(0, -1)) expect(page?.user).toBe(visitor.name)
      const last = seen.at(-2)
      expect((last?.at ?? began) + (last?.milliseconds ?? 0) - began).toBeLessThan(1100)
      for (let times = 0; times < 10; times++) expect((await visitor.look('/')).status).toBe(503)
    })(),
  )

  it.concurrent(
    'stops serving what the other revoked while it received nothing, and refuses it once it is back',
    tries,
    inWorld(async (world) => {
      const { visitor } = await warm(world)
      const there = await world.open({ near: true })
      world.proxy.set({ toClient: 'swallow' })
      expect((await there.sessions.revokeAll(visitor.name)).ended).toBe(1)

      expect((await until(visitor, ({ status }) => status === 503)).milliseconds).toBeLessThan(1500)
      world.mend()
      await until(visitor, isSignedOut)
    }),
  )
})
