import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { besides, copyWorld, isBack, stopTime, eventsOf, unconfirmedFor } from '../support/outages.ts'
import { signedIn, visit } from '../support/sessions.ts'
import { gone } from '../support/stores.ts'

// A store that is full reads and ends, and takes nothing.

stopTime()

const user = '__Host-Http-session'
const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })

async function full() {
  const visited = copyWorld()
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  visited.store.fail(['create', 'update'])
  return { ...visited, visitor }
}

describe('while the store reads, and does not write', () => {
  it('a change stays in the cookie, request after request, for as long as it takes', async () => {
    const visited = await full()
    const { sessions, visitor, clock } = visited
    const cart = ['tea']
    for (let times = 0; times < 12; times++) {
      await visit(sessions, visitor, (session) => {
        expect(session).toMatchObject({ outcome: 'active', confirmed: true, data: { cart } })
        cart.push(`item ${times}`)
        session.data['cart'].push(`item ${times}`)
      })
      // Far longer than a session would continue without its store.
      clock.advance(unconfirmedFor / 2)
      await visit(sessions, visitor, (session) => expect(session.data).toEqual({ cart }))
    }
    expect((await visited.store.records())[0]).toMatchObject({ version: 1, data: { cart: '["tea"]' } })
    await isBack(visited)
    await visit(sessions, visitor)

    expect((await visited.store.records())[0]!.data).toEqual({ cart: JSON.stringify(cart) })
    expect(cookiesOf(await visit(sessions, visitor))).toEqual({})
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('a page that only shows, one that fails, and one that polls keep it as well', async () => {
    const visited = await full()
    const { sessions, visitor } = visited
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    await visit(sessions, visitor, (session) => void session.data)
    await visit(sessions, visitor, (session) => (session.data['cart'] = []), { failed: true })
    await visit(sessions, visitor, undefined, { background: true })
    await visit(sessions, visitor, (session) => void session.data, { failed: true, background: true })
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: ['oil'] })
    await isBack(visited)

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: ['oil'] })
  })

  it.each<[string, (session: Session) => unknown]>([
    ['a renewal', (session) => session.renew()],
    ['signing in again', (session) => session.signIn('ada')],
    ['signing in as somebody else', (session) => session.signIn('eve')],
  ])('%s is a 503, with what was changed before or without; what was changed is not lost', async (_, change) => {
    for (const isWaiting of [true, false]) {
      const visited = await full()
      const { sessions, visitor } = visited
      if (isWaiting) await visit(sessions, visitor, (session) => (session.data['cart'] = ['oil']))
      const { cookie } = visitor
      const session = await sessions.open(cookie)
      change(session)
      await expect(sessions.commit(session)).rejects.toEqual(unavailable)
      visitor.receive(await sessions.commit(session, { failed: true }))
      await isBack(visited)

      const cart = isWaiting ? ['oil'] : ['tea']
      expect(await sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', userId: 'ada', data: { cart } })
      // The cookie from before is still valid, because no response replaced it.
      expect(await sessions.open(cookie)).toMatchObject({ outcome: 'active', userId: 'ada' })
    }
  })

  it('a sign-out ends the session, and nothing of it comes back', async () => {
    const visited = await full()
    const { sessions, visitor } = visited
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    const { cookie } = visitor
    const headers = await visit(sessions, visitor, (session) => session.signOut())
    await isBack(visited)

    expect(cookiesOf(headers)).toEqual({ [user]: '' })
    expect((await besides(visited).sessions.open(cookie)).outcome).toBe('ended')
    expect(await visited.store.records()).toEqual([])
  })

  it('another tab, with an older cookie, sees what the store has', async () => {
    const visited = await full()
    const { sessions, visitor } = visited
    const { cookie } = visitor
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['oil']))

    expect((await sessions.open(cookie)).data).toEqual({ cart: ['tea'] })
  })

  it('a copy is still confirmed: an outage after it starts from then', async () => {
    const visited = await full()
    const { sessions, visitor, clock } = visited
    await visit(sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    clock.advance(unconfirmedFor - 1)
    await visit(sessions, visitor)
    visited.store.fail()
    clock.advance(unconfirmedFor - 1)

    expect(await sessions.open(visitor.cookie)).toMatchObject({ outcome: 'unconfirmed', data: { cart: ['oil'] } })
  })

  it('is reported once, and never as if the store were down for good', async () => {
    const visited = await full()
    for (let times = 0; times < 5; times++)
      await visit(visited.sessions, visited.visitor, (session) => (session.data['n'] = times))

    expect(eventsOf(visited, 'store-down')).toEqual([{ type: 'store-down', error: gone }])
  })
})
