import { expect, it } from 'vitest'
import { stoppedClock } from '../support/clock.ts'
import { copyWorld, isBack, quietStore, stopTime, unconfirmedFor } from '../support/outages.ts'
import { request, signedIn, world } from '../support/sessions.ts'
import { testStore } from '../support/stores.ts'
import { memoryStore } from '../../src/stores/memory.ts'

stopTime()

/** The store's server whose clock is ahead seals a cookie. The other servers share a clock; one of them has no store. */
async function sealedAhead(secondsAhead: number) {
  const { watch: _, ...shared } = memoryStore()
  const [clock, clockAhead] = [stoppedClock(), stoppedClock()]
  clockAhead.advance(secondsAhead)
  const ahead = copyWorld({}, testStore(shared), clockAhead)
  const { cookie } = await signedIn(ahead)
  const withStore = () => copyWorld({}, testStore(shared), clock)
  const inOutage = () => {
    const server = withStore()
    server.store.fail()
    return server
  }
  return { ahead, clock, cookie, withStore, inOutage, withoutStore: () => world({ unconfirmedFor }, clock) }
}

it.each([1, 120])(
  'a copy that was sealed by a clock that is %i s ahead opens no longer than others, from when it was first seen',
  async (secondsAhead) => {
    const { ahead, clock, cookie, inOutage, withoutStore } = await sealedAhead(secondsAhead)
    await ahead.sessions.revokeAll('ada')
    const servers = [inOutage(), withoutStore()]

    for (const { sessions } of servers) expect((await sessions.open(cookie)).userId).toBe('ada')
    clock.advance(unconfirmedFor - 1)
    for (const { sessions } of servers) expect((await sessions.open(cookie)).userId).toBe('ada')
    clock.advance(1)
    for (const { sessions } of servers) expect((await sessions.open(cookie)).outcome).toBe('unavailable')
    clock.advance(secondsAhead)
    // A process that has forgotten the cookie.
    for (const { sessions } of [...servers, inOutage(), withoutStore()])
      expect((await sessions.open(cookie)).outcome).toBe('unavailable')
  },
)

it.each([121, 300, 12 * 3600])(
  'a copy that was sealed by a clock that is %i s ahead opens in no outage, also when the time of that clock has come',
  async (secondsAhead) => {
    const { ahead, clock, cookie, inOutage, withoutStore } = await sealedAhead(secondsAhead)
    await ahead.sessions.revokeAll('ada')
    const servers = [inOutage(), withoutStore()]

    for (const seconds of [0, 60, secondsAhead - 60, unconfirmedFor]) {
      clock.advance(seconds)
      for (const { sessions } of servers) expect((await sessions.open(cookie)).outcome).toBe('unavailable')
    }
  },
)

it('a copy that a server has seen opens in no outage once its clock has gone back by more than two minutes', async () => {
  const { clock, cookie, inOutage, withoutStore } = await sealedAhead(0)
  const servers = [inOutage(), withoutStore()]
  // A cookie that comes a second time is kept decoded.
  for (const { sessions } of [...servers, ...servers]) expect((await sessions.open(cookie)).userId).toBe('ada')

  clock.advance(-120)
  for (const { sessions } of servers) expect((await sessions.open(cookie)).userId).toBe('ada')
  clock.advance(-1)
  for (const { sessions } of servers) expect((await sessions.open(cookie)).outcome).toBe('unavailable')
})

it('a session whose cookie was sealed by a clock that is 12 h ahead opens while the store answers, with a new copy', async () => {
  const { cookie, withStore } = await sealedAhead(12 * 3600)
  const server = withStore()
  const headers = await request(server.sessions, cookie, (session) => expect(session.outcome).toBe('active'))
  server.store.fail()

  const renewed = headers.getSetCookie()[0]!.split(';', 1)[0]!
  for (let tries = 0; tries < 8; tries++) await server.sessions.open(renewed)
  expect((await server.sessions.open(renewed)).outcome).toBe('unconfirmed')
})

it('a change in an outage is kept, also after one of a server whose clock is ahead', async () => {
  const clockAhead = stoppedClock()
  clockAhead.advance(80)
  const behind = copyWorld({}, testStore(quietStore()))
  const ahead = copyWorld({}, testStore(behind.store), clockAhead)
  const visit = async (server: typeof behind, cookie: string, theme?: string): Promise<string> => {
    const headers = await request(server.sessions, cookie, ({ data }) => {
      if (theme !== undefined) data['theme'] = theme
    })
    return headers.getSetCookie()[0]?.split(';', 1)[0] ?? cookie
  }

  let { cookie } = await signedIn(behind)
  ahead.store.fail()
  cookie = await visit(ahead, cookie, 'in the first outage')
  cookie = await visit(behind, cookie)
  cookie = await visit(behind, cookie, 'between them')
  behind.store.fail()
  cookie = await visit(behind, cookie, 'in the second outage')

  for (const server of [behind, ahead]) {
    await isBack(server)
    expect((await server.sessions.open(cookie)).data).toEqual({ theme: 'in the second outage' })
  }
})
