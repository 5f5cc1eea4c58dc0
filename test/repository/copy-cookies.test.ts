import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { browser, cookiesOf } from '../support/browser.ts'
import { hour } from '../support/clock.ts'
import { besides, copyWorld, isBack, stopTime, unconfirmedFor } from '../support/outages.ts'
import { guest, request, signedIn, visit } from '../support/sessions.ts'
import { tokenIn } from '../support/stores.ts'

stopTime()

const [user, visiting] = ['__Host-Http-session', '__Host-Http-guest']
const use = (session: Session) => void session.data['cart']

describe('a session whose copy rides in its cookie', () => {
  it('has a copy from its sign-in on, of the version that the store has', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] }, label: 'Firefox' })
    const [record] = await visited.store.records()

    expect(tokenIn(user, visitor.get(user), visited.clock.now())).toMatchObject({
      data: { cart: '["tea"]' },
      version: record!.version,
      confirmedAt: visited.clock.now(),
      changed: [],
      label: null,
    })
  })

  it('gets no cookie while it is unchanged, until half of its time without a store is used up; then one', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    visited.store.calls.length = 0
    for (let seconds = 0; seconds < unconfirmedFor / 2; seconds += 60) {
      expect(cookiesOf(await visit(visited.sessions, visitor, use))).toEqual({})
      visited.clock.advance(59.999)
      expect(cookiesOf(await visit(visited.sessions, visitor, use))).toEqual({})
      visited.clock.advance(0.001)
    }
    expect(Object.keys(cookiesOf(await visit(visited.sessions, visitor, use)))).toEqual([user])
    expect(tokenIn(user, visitor.get(user), visited.clock.now()).confirmedAt).toBe(visited.clock.now())

    expect(cookiesOf(await visit(visited.sessions, visitor, use))).toEqual({})
    expect(new Set(visited.store.calls)).toEqual(new Set(['read']))
  })

  it('gets one with a change, and with a change of another tab, and none after that', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const tab = browser()
    tab.put(user, visitor.get(user)!)
    const changed = await visit(visited.sessions, visitor, (session) => (session.data['cart'] = ['tea']))
    expect(Object.keys(cookiesOf(changed))).toEqual([user])
    expect(cookiesOf(await visit(visited.sessions, visitor, use))).toEqual({})

    expect(Object.keys(cookiesOf(await visit(visited.sessions, tab, use)))).toEqual([user])
    expect(tokenIn(user, tab.get(user), visited.clock.now())).toMatchObject({ version: 2, data: { cart: '["tea"]' } })
    expect(cookiesOf(await visit(visited.sessions, tab, use))).toEqual({})
  })

  it('gets none for a page that changes nothing and fails, nor for a request without a session', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)

    expect(cookiesOf(await visit(visited.sessions, visitor, use, { failed: true }))).toEqual({})
    expect(cookiesOf(await visit(visited.sessions, visitor))).toEqual({})
    expect(cookiesOf(await request(visited.sessions, null, use))).toEqual({})
  })

  it('a guest’s is as good as a user’s', async () => {
    const visited = copyWorld()
    const visitor = await guest(visited)
    expect(tokenIn(visiting, visitor.get(visiting), visited.clock.now())).toMatchObject({
      data: { cart: '["tea"]' },
      version: 1,
      confirmedAt: visited.clock.now(),
    })
    expect(cookiesOf(await visit(visited.sessions, visitor, use))).toEqual({})
    visited.clock.advance(unconfirmedFor / 2)

    expect(Object.keys(cookiesOf(await visit(visited.sessions, visitor, use)))).toEqual([visiting])
  })

  it('keeps to what the store has: a replayed older cookie shows today’s data', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited, 'ada', { data: { role: 'editor', cart: ['tea'] } })
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => {
      session.data['role'] = 'reader'
      delete session.data['cart']
    })

    expect((await visited.sessions.open(cookie)).data).toEqual({ role: 'reader' })
    expect((await besides(visited).sessions.open(cookie)).data).toEqual({ role: 'reader' })
  })

  it('that another request changed meanwhile says that its copy is behind, and the next request renews it', async () => {
    const visited = copyWorld()
    const visitor = await signedIn(visited)
    const slow = await visited.sessions.open(visitor.cookie)
    slow.data['slow'] = 1
    await visit(visited.sessions, visitor, (session) => (session.data['quick'] = 1))
    visitor.receive(await visited.sessions.commit(slow))
    expect(tokenIn(user, visitor.get(user), visited.clock.now()).version).toBeLessThan(3)

    expect(Object.keys(cookiesOf(await visit(visited.sessions, visitor)))).toEqual([user])
    expect(tokenIn(user, visitor.get(user), visited.clock.now())).toMatchObject({
      version: 3,
      data: { quick: '1', slow: '1' },
    })
  })

  it('that was renewed, or signed in again, has a copy of the new token', async () => {
    for (const change of [(session: Session) => session.renew(), (session: Session) => session.signIn('ada')]) {
      const visited = copyWorld()
      const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
      await visit(visited.sessions, visitor, change)
      expect(cookiesOf(await visit(visited.sessions, visitor, use))).toEqual({})
      visited.store.fail()

      expect(await visited.sessions.open(visitor.cookie)).toMatchObject({
        outcome: 'unconfirmed',
        data: { cart: ['tea'] },
      })
    }
  })
})

it('there is no copy without unconfirmedFor, nor after it was taken out of use', async () => {
  const visited = copyWorld()
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  const without = besides(visited, { unconfirmedFor: 0 })
  without.store.fail()
  expect((await without.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
  await isBack(without)
  visited.clock.advance(2 * hour)
  await visit(without.sessions, visitor)

  expect(tokenIn(user, visitor.get(user), visited.clock.now())).toMatchObject({ data: null, changed: [] })
})
