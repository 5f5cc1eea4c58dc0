import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { hour, minute } from '../support/clock.ts'
import { copyWorld, isBack, stopTime, eventsOf, unconfirmedFor } from '../support/outages.ts'
import { guest, signedIn, visit } from '../support/sessions.ts'
import { gone } from '../support/stores.ts'

stopTime()

const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503, cause: gone })

/** A signed-in user, and a store that is down. */
async function inOutage(options = {}) {
  const visited = copyWorld(options)
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  visited.store.fail()
  return { ...visited, visitor }
}

describe('while the store cannot be asked', () => {
  it('a session continues from its copy', async () => {
    const { sessions, visitor, clock } = await inOutage()
    const session = await sessions.open(visitor.cookie)

    expect(session).toMatchObject({
      outcome: 'unconfirmed',
      confirmed: false,
      userId: 'ada',
      signedInAt: clock.now(),
      data: { cart: ['tea'] },
    })
    expect(session.signedInWithin(60)).toBe(true)
    expect(session.isCsrfToken(session.csrfToken)).toBe(true)
  })

  it('ids and form tokens are the same as before and after', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const before = await visited.sessions.open(visitor.cookie)
    visited.store.fail()
    const during = await visited.sessions.open(visitor.cookie)
    await isBack(visited)
    const after = await visited.sessions.open(visitor.cookie)

    expect(new Set([before.id, during.id, after.id]).size).toBe(1)
    expect([during, after].map((session) => session.isCsrfToken(before.csrfToken))).toEqual([true, true])
    expect([before, during, after].map(({ confirmed }) => confirmed)).toEqual([true, false, true])
  })

  it('that lasts for unconfirmedFor since the store last confirmed it, and not for a millisecond longer', async () => {
    const { sessions, visitor, clock } = await inOutage()
    clock.advance(unconfirmedFor - 0.001)
    expect((await sessions.open(visitor.cookie)).outcome).toBe('unconfirmed')
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['milk']))
    clock.advance(0.001)
    const session = await sessions.open(visitor.cookie)

    expect(session.outcome).toBe('unavailable')
    expect(() => session.userId).toThrow(unavailable)
  })

  it('a renewed confirmation counts, a page in between does not', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    visited.clock.advance(unconfirmedFor / 2)
    await visit(visited.sessions, visitor)
    visited.clock.advance(unconfirmedFor / 4)
    await visit(visited.sessions, visitor)
    visited.store.fail()
    visited.clock.advance((unconfirmedFor * 3) / 4 - 0.001)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('unconfirmed')
    visited.clock.advance(0.001)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
  })

  it('the idle timeout holds, and use continues from the copy', async () => {
    const { sessions, visitor, clock } = await inOutage({ unconfirmedFor: 3 * hour, idleTimeout: hour, touchAfter: 60 })
    clock.advance(40 * minute)
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['milk']))
    clock.advance(40 * minute)
    expect((await sessions.open(visitor.cookie)).outcome).toBe('unconfirmed')
    const { cookie } = visitor
    clock.advance(20 * minute)

    expect((await sessions.open(cookie)).outcome).toBe('idle')
  })

  it('the absolute timeout holds, whatever is done', async () => {
    const { sessions, visitor, clock } = await inOutage({ unconfirmedFor: 3 * hour, absoluteTimeout: hour })
    const { cookie } = visitor
    clock.advance(hour - 0.001)
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['milk']))
    const later = visitor.cookie
    clock.advance(0.001)

    for (const each of [cookie, later]) expect((await sessions.open(each)).outcome).toBe('expired')
  })

  it.each<[string, (session: Session) => unknown]>([
    ['sign in somebody', (session) => session.signIn('eve')],
    ['sign in the same user again', (session) => session.signIn('ada')],
    ['renew itself', (session) => session.renew()],
    ['pass for confirmed', (session) => session.requireConfirmed()],
  ])('a session cannot %s: that is a 503, and changes nothing', async (_, change) => {
    const { sessions, visitor } = await inOutage()
    const session = await sessions.open(visitor.cookie)
    expect(() => change(session)).toThrow(unavailable)

    expect(session).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
    expect((await sessions.commit(session)).getSetCookie()).toEqual([])
  })

  it('nothing is listed or revoked', async () => {
    const { sessions, visitor } = await inOutage()
    const session = await sessions.open(visitor.cookie)

    await expect(sessions.list('ada')).rejects.toEqual(unavailable)
    await expect(sessions.revoke('ada', session.id!)).rejects.toEqual(unavailable)
    await expect(sessions.revokeAll('ada', { except: session })).rejects.toEqual(unavailable)
  })

  it('a guest continues as well, and after a sign-out the visitor is confirmed to be nobody', async () => {
    const visited = copyWorld()
    const [shopper, visitor] = [await guest(visited), await signedIn(visited)]
    visited.store.fail()
    expect(await visited.sessions.open(shopper.cookie)).toMatchObject({
      outcome: 'unconfirmed',
      data: { cart: ['tea'] },
    })
    const session = await visited.sessions.open(visitor.cookie)
    session.signOut()

    expect(session.confirmed).toBe(true)
    expect(() => session.requireConfirmed()).not.toThrow()
  })

  it('reading it makes a response private, and no more', async () => {
    const { sessions, visitor } = await inOutage({ touchAfter: 0 })
    const headers = await visit(sessions, visitor, (session) => void session.userId)

    expect([...headers]).toEqual([
      ['cache-control', 'no-store'],
      ['vary', 'Cookie'],
    ])
  })

  it('is reported as one outage, and each session with its own outcome', async () => {
    const visited = await inOutage()
    for (let times = 0; times < 4; times++) await visit(visited.sessions, visited.visitor)
    await isBack(visited)
    await visit(visited.sessions, visited.visitor)

    expect(eventsOf(visited, 'store-down')).toEqual([{ type: 'store-down', message: expect.any(String), error: gone }])
    expect(eventsOf(visited, 'store-up')).toHaveLength(1)
    expect(eventsOf(visited, 'opened').map((event) => 'outcome' in event && event.outcome)).toEqual([
      'none',
      ...Array<string>(4).fill('unconfirmed'),
      'active',
    ])
    expect(JSON.stringify(visited.events)).not.toMatch(/tea/)
  })
})
