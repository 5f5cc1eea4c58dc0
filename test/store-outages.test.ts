import { describe, expect, it, vi } from 'vitest'
import type { Session } from '../src/index.ts'
import { browser } from './support/browser.ts'
import { hour } from './support/clock.ts'
import { request, signedIn, visit } from './support/sessions.ts'
import { gone, storeWorld, verbs } from './support/stores.ts'

const user = '__Host-session'
const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503, cause: gone })

describe('while the store does not answer', () => {
  it('a session cannot be told: whoever touches it gets a 503 with the driver’s error, and no cookie changes', async () => {
    const visited = storeWorld({ touchAfter: 0 })
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    visited.store.fail()
    const session = await visited.sessions.open(visitor.cookie)

    expect(session.outcome).toBe('unavailable')
    const touches: ((session: Session) => unknown)[] = [
      ({ id }) => id,
      ({ userId }) => userId,
      ({ data }) => data,
      ({ signedInAt }) => signedInAt,
      ({ expiresAt }) => expiresAt,
      ({ csrfToken }) => csrfToken,
      (each) => (each.data = {}),
      (each) => each.signIn('eve'),
      (each) => each.renew(),
      (each) => each.update('n', () => 1),
      (each) => each.flash('info', 'Saved.'),
      (each) => each.takeFlashes(),
      (each) => each.requireConfirmed(),
    ]
    for (const touch of touches) expect(() => touch(session)).toThrow(unavailable)
    expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
    visited.store.heal()
    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
  })

  it('who has no session goes on as a guest, as does one of whom nothing is kept', async () => {
    const visited = storeWorld()
    const visitor = browser()
    let token = ''
    await visit(visited.sessions, visitor, (session) => (token = session.csrfToken))
    visited.store.fail()

    expect((await visited.sessions.open(null)).userId).toBeNull()
    expect((await visited.sessions.open(visitor.cookie)).isCsrfToken(token)).toBe(true)
  })

  it('a guest’s cookie beside one that cannot be told is left alone as well', async () => {
    const visited = storeWorld()
    const [visitor, other] = [await signedIn(visited), browser()]
    await visit(visited.sessions, other, (session) => void session.csrfToken)
    visited.clock.advance(2 * hour)
    visited.store.fail()

    expect((await request(visited.sessions, `${visitor.cookie}; ${other.cookie}`)).getSetCookie()).toEqual([])
  })

  it('listing and revoking say so', async () => {
    const visited = storeWorld()
    const { id } = await visited.sessions.open((await signedIn(visited)).cookie)
    visited.store.fail()

    await expect(visited.sessions.list('ada')).rejects.toEqual(unavailable)
    await expect(visited.sessions.revoke('ada', id!)).rejects.toEqual(unavailable)
    await expect(visited.sessions.revokeAll('ada')).rejects.toEqual(unavailable)
  })

  it('a cookie that cannot be told counts before another of its name that says nothing', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()

    expect((await visited.sessions.open(`${user}=nothing; ${visitor.cookie}`)).outcome).toBe('unavailable')
  })

  it.each([
    ['data', (session: Session) => (session.data['cart'] = ['milk'])],
    ['update', (session: Session) => session.update('n', (n = 0) => n + 1)],
    ['a message', (session: Session) => session.flash('info', 'Saved.')],
    ['a renewal', (session: Session) => session.renew()],
    ['signing in again', (session: Session) => session.signIn('ada')],
    ['its use', () => {}],
  ])('what a request wrote is not known: %s', async (_, write) => {
    const visited = storeWorld({ touchAfter: 0 })
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const session = await visited.sessions.open(visitor.cookie)
    write(session)
    visited.store.fail(['update'])
    await expect(visited.sessions.commit(session)).rejects.toEqual(unavailable)
    visited.store.heal()

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
  })
})

describe('an outage', () => {
  it('is told once when it begins, and once when it is over', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    for (let times = 0; times < 3; times++) await request(visited.sessions, visitor.cookie)
    visited.store.heal()
    for (let times = 0; times < 3; times++) await request(visited.sessions, visitor.cookie)

    expect(visited.events.filter(({ type }) => type.startsWith('store-'))).toEqual([
      { type: 'store-down', error: gone },
      { type: 'store-up' },
    ])
  })

  it('is written to the console, once, where nobody listens', async () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {})
    const visited = storeWorld({ onEvent: undefined })
    const visitor = await signedIn(visited)
    visited.store.fail()
    for (let times = 0; times < 3; times++) await request(visited.sessions, visitor.cookie)

    expect(written.mock.calls).toEqual([[expect.any(String), gone]])
    written.mockRestore()
  })

  it('of any verb at any time throws nothing but unavailability, and signs nobody out', async () => {
    for (const verb of verbs) {
      for (const point of ['before', 'after'] as const) {
        const visited = storeWorld({ touchAfter: 0 })
        const visitor = await signedIn(visited)
        visited.store.fail([verb], point)
        for (const write of [() => {}, (session: Session) => (session.data['n'] = 1)]) {
          await visit(visited.sessions, visitor, write).catch((error: unknown) => expect(error).toEqual(unavailable))
        }
        visited.store.heal()
        visited.clock.advance(hour)
        expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
      }
    }
  })
})

it('an outage soon after another is told of once it has lasted, and one that comes and goes is not told of each time', async () => {
  const visited = storeWorld()
  const told = () => visited.events.map(({ type }) => type).filter((type) => type.startsWith('store-'))
  const { cookie } = await signedIn(visited)
  const ask = async () => visited.sessions.open(cookie)
  for (let times = 0; times < 3; times++) {
    visited.store.fail()
    await ask()
    visited.store.heal()
    await ask()
  }
  expect(told()).toEqual(['store-down', 'store-up'])

  visited.store.fail()
  await ask()
  expect(told()).toHaveLength(2)
  visited.clock.advance(60)
  await ask()
  await ask()
  visited.store.heal()
  await ask()
  expect(told()).toEqual(['store-down', 'store-up', 'store-down', 'store-up'])
})

it('a store that goes on listing what was ended is no success of a revocation', async () => {
  const visited = storeWorld()
  await signedIn(visited, 'ada')
  const listed = await visited.store.list('ada')
  const stuck = storeWorld({}, { ...visited.store, list: async () => listed }, visited.clock)

  await expect(stuck.sessions.revokeAll('ada')).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
})

it('a guest’s sign-out that a store did not answer is no confirmed end', async () => {
  const visited = storeWorld()
  const visitor = browser({ now: visited.clock.now })
  await visit(visited.sessions, visitor, (session) => void session.csrfToken)
  visited.store.fail()
  await visit(visited.sessions, visitor, (session) => session.signOut())

  expect(visited.events.at(-1)).toMatchObject({ type: 'ended', confirmed: false })
})
