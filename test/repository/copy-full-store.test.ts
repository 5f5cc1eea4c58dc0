import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { besides, copyWorld, isBack, stopTime, eventsOf, wait } from '../support/outages.ts'
import { signedIn, visit } from '../support/sessions.ts'
import { gone } from '../support/stores.ts'

// A store that is full reads and ends, and takes nothing. It is up, so its sessions are the truth, and no change may travel in
// a cookie.

stopTime()

const user = '__Host-Http-session'
const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })

async function full() {
  const visited = copyWorld()
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  visited.store.fail(['create', 'update'])
  return { ...visited, visitor }
}

/** A store that is full since it is back, and a browser with changes from the outage before. */
async function fullAfterOutage() {
  const visited = copyWorld()
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  visited.store.fail()
  await visit(visited.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
  visited.store.fail(['create', 'update'])
  await wait(1)
  return { ...visited, visitor }
}

describe('while the store reads, and does not write', () => {
  it('pages are shown, and a change is a 503 that sets no cookie, request after request', async () => {
    const visited = await full()
    const { sessions, visitor } = visited
    for (let times = 0; times < 12; times++) {
      const session = await sessions.open(visitor.cookie)
      expect(session).toMatchObject({ outcome: 'active', confirmed: true, data: { cart: ['tea'] } })
      session.data['cart'].push(`item ${times}`)
      await expect(sessions.commit(session)).rejects.toEqual(unavailable)
      expect(cookiesOf(await sessions.commit(session, { failed: true }))).toEqual({})
    }
    await isBack(visited)
    await visit(sessions, visitor, (session) => session.data['cart'].push('oil'))

    expect((await visited.store.records()).map(({ data }) => data)).toEqual([{ cart: '["tea","oil"]' }])
  })

  it('five changes at once are 503 as well, also before anybody has read again', async () => {
    const { sessions, visitor } = await full()
    const opened = await Promise.all([1, 2, 3, 4, 5, 6].map(async () => sessions.open(visitor.cookie)))
    const committed = opened.map(async (session, n) => {
      session.data['n'] = n
      return sessions.commit(session)
    })

    for (const each of await Promise.allSettled(committed))
      expect(each).toMatchObject({ status: 'rejected', reason: unavailable })
  })

  it('a guest’s first data is a 503', async () => {
    const { sessions } = await full()
    const session = await sessions.open(null)
    session.data['cart'] = ['tea']

    await expect(sessions.commit(session)).rejects.toEqual(unavailable)
  })

  it('is reported once, and never as if the store were down for good', async () => {
    const visited = await full()
    for (let times = 0; times < 5; times++)
      await visit(visited.sessions, visited.visitor, (session) => (session.data['n'] = times)).catch(() => {})

    expect(eventsOf(visited, 'store-down')).toEqual([
      { type: 'store-down', message: `The session store takes no writes: ${gone.message}`, error: gone },
    ])
  })
})

describe('while the store is back, and does not write', () => {
  it('pages show what was changed in the outage, and it is not lost', async () => {
    const visited = await fullAfterOutage()
    const { sessions, visitor } = visited
    await visit(sessions, visitor, (session) =>
      expect(session).toMatchObject({ outcome: 'active', data: { cart: ['oil'] } }),
    )
    await visit(sessions, visitor, (session) => void session.data, { failed: true })
    await visit(sessions, visitor, undefined, { background: true })
    expect((await visited.store.records())[0]!.data).toEqual({ cart: '["tea"]' })
    await isBack(visited)
    await visit(sessions, visitor)

    expect((await visited.store.records())[0]!.data).toEqual({ cart: '["oil"]' })
    expect(cookiesOf(await visit(sessions, visitor))).toEqual({})
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it('a further change while it is down again is kept beside the one before', async () => {
    const visited = await fullAfterOutage()
    const { sessions, store, visitor, clock } = visited
    clock.advance(1)
    const session = await sessions.open(visitor.cookie)
    session.data['theme'] = 'dark'
    store.fail()
    visitor.receive(await sessions.commit(session))
    store.fail(['create', 'update'])
    await wait(1)
    await sessions.open(visitor.cookie)
    await isBack(visited)
    await visit(sessions, visitor)

    expect((await store.records())[0]!.data).toEqual({ cart: '["oil"]', theme: '"dark"' })
    expect(eventsOf(visited, 'refused')).toEqual([])
  })

  it.each<[string, (session: Session) => unknown]>([
    ['a further change', (session) => (session.data['theme'] = 'dark')],
    ['a renewal', (session) => session.renew()],
    ['signing in again', (session) => session.signIn('ada')],
    ['signing in as somebody else', (session) => session.signIn('eve')],
  ])('%s is a 503; what was changed before is not lost', async (_, change) => {
    const visited = await fullAfterOutage()
    const { sessions, visitor } = visited
    const { cookie } = visitor
    const session = await sessions.open(cookie)
    change(session)
    await expect(sessions.commit(session)).rejects.toEqual(unavailable)
    expect(cookiesOf(await sessions.commit(session, { failed: true }))).toEqual({})
    await isBack(visited)

    expect(await sessions.open(cookie)).toMatchObject({ outcome: 'active', userId: 'ada' })
    expect((await sessions.open(cookie)).data).toEqual({ cart: ['oil'] })
  })

  it('a sign-out ends the session, and nothing of it comes back', async () => {
    const visited = await fullAfterOutage()
    const { sessions, visitor } = visited
    const { cookie } = visitor
    const headers = await visit(sessions, visitor, (session) => session.signOut())
    await isBack(visited)

    expect(cookiesOf(headers)).toEqual({ [user]: '' })
    expect((await besides(visited).sessions.open(cookie)).outcome).toBe('ended')
    expect(await visited.store.records()).toEqual([])
  })
})
