import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeRedis } from '../../support/servers/redis.ts'
import type { Shop } from './shop.ts'
import { inWorld, isSignedOut, until, type World } from './two-servers.ts'
import type { Visitor } from './visitor.ts'

interface CutOff {
  readonly world: World
  readonly here: Shop
  readonly there: Shop
  readonly visitor: Visitor
  /** The cookie with which they came. */
  readonly token: string
}

const cutOff = (test: (given: CutOff) => Promise<void>) =>
  inWorld(async (world) => {
    const here = await world.open({ unconfirmedFor: 600 })
    const there = await world.open({ unconfirmedFor: 600, near: true })
    const [visitor] = await world.visitors(here)
    const token = visitor.browser.cookie
    world.cut()
    await test({ world, here, there, visitor, token })
  })

describeRedis('of two servers, if one is cut off from Redis and sessions continue there,', () => {
  it.concurrent(
    'a message and what was put into the cart are at both afterwards',
    cutOff(async ({ world, there, visitor }) => {
      await visitor.look('/flash?text=Saved.')
      await visitor.look('/cart?item=tea')
      expect(await visitor.look('/cart?item=milk')).toMatchObject({ status: 200, page: { confirmed: false } })
      world.mend()
      await until(visitor, ({ page }) => page!.confirmed)

      expect((await there.sessions.open(visitor.browser.cookie)).data).toMatchObject({ cart: ['tea', 'milk'] })
      expect((await visitor.look('/flashes')).page).toMatchObject({ cart: ['tea', 'milk'], flashes: ['Saved.'] })
      expect((await visitor.look('/flashes')).page).toMatchObject({ cart: ['tea', 'milk'], flashes: [] })
    }),
  )

  it.concurrent(
    'what the other revoked meanwhile is refused once it is back, whatever was changed',
    cutOff(async ({ world, here, there, visitor, token }) => {
      await visitor.look('/cart?item=tea')
      expect((await there.sessions.revokeAll(visitor.name)).ended).toBe(1)
      expect((await visitor.look('/')).page).toMatchObject({ user: visitor.name, confirmed: false })
      world.mend()
      await until(visitor, isSignedOut)

      expect((await here.sessions.open(token)).outcome).toBe('revoked')
      expect(await here.sessions.list(visitor.name)).toEqual([])
    }),
  )

  it.concurrent(
    'a sign-out is one there at once, and at the other once it is back',
    cutOff(async ({ world, here, there, visitor, token }) => {
      expect((await visitor.look('/sign-out')).status).toBe(200)
      expect(visitor.browser.cookie).toBe('')
      expect((await here.sessions.open(token)).outcome).toBe('ended')
      expect(here.events.at(-1)).toMatchObject({ type: 'ended', reason: 'signed-out', confirmed: false })
      world.mend()
      const began = performance.now()
      while ((await there.sessions.open(token)).outcome !== 'ended' && performance.now() - began < 15_000)
        await pause(25)

      expect(performance.now() - began).toBeLessThan(10_000)
      expect(await there.sessions.list(visitor.name)).toEqual([])
      await expect
        .poll(() => here.events.at(-1), { timeout: 10_000 })
        .toMatchObject({ type: 'ended', reason: 'signed-out', confirmed: true })
    }),
  )

  it.concurrent(
    'a sign-out is forgotten by a process that ends before Redis answers it: the browser is signed out, a copy of its cookie is not',
    cutOff(async ({ world, here, visitor, token }) => {
      await visitor.look('/sign-out')
      expect(visitor.browser.cookie).toBe('')
      await world.end(here)
      world.mend()
      const restarted = await world.open({ unconfirmedFor: 600 })
      await pause(1500)

      expect((await restarted.sessions.open(token)).outcome).toBe('active')
      // It is still in the list of their devices, and can be ended there.
      expect((await restarted.sessions.list(visitor.name)).length).toBe(1)
      expect((await restarted.sessions.revokeAll(visitor.name)).ended).toBe(1)
      expect((await restarted.sessions.open(token)).outcome).toBe('revoked')
    }),
  )
})
