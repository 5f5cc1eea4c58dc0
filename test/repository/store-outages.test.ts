import { describe, expect, it, vi } from 'vitest'
import { createSessions, type Session } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { signedInAs } from '../../src/testing/testing.ts'
import { browser } from '../support/browser.ts'
import { hour } from '../support/clock.ts'
import { isBack, stopTime } from '../support/outages.ts'
import { request, secrets, signedIn, visit } from '../support/sessions.ts'
import { gone, storeWorld, verbs } from '../support/stores.ts'

stopTime()

const user = '__Host-Http-session'
const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503, cause: gone })

describe('while the store does not answer', () => {
  it('a session is unavailable: its request gets a 503 with the driver’s error, and no cookie changes', async () => {
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

  it('a visitor without a session continues as a guest, as does one without data', async () => {
    const visited = storeWorld()
    const visitor = browser()
    let token = ''
    await visit(visited.sessions, visitor, (session) => (token = session.csrfToken))
    visited.store.fail()

    expect((await visited.sessions.open(null)).userId).toBeNull()
    expect((await visited.sessions.open(visitor.cookie)).isCsrfToken(token)).toBe(true)
  })

  it('a guest’s cookie beside an unavailable one is left alone as well', async () => {
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

  it('an unavailable cookie counts before an invalid one of its name', async () => {
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

it('if the last use cannot be stored, the page is served all the same, and no cookie is set', async () => {
  const visited = storeWorld({ touchAfter: 0 })
  const visitor = await signedIn(visited)
  visited.store.fail(['update'])

  expect((await visit(visited.sessions, visitor, (session) => void session.userId)).getSetCookie()).toEqual([])
})

describe('an outage', () => {
  it('is reported once when it begins, and once when it is over', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    visited.store.fail()
    for (let times = 0; times < 9; times++) await request(visited.sessions, visitor.cookie)
    visited.store.heal()
    await isBack(visited)
    for (let times = 0; times < 3; times++) await request(visited.sessions, visitor.cookie)

    expect(visited.events.filter(({ type }) => type.startsWith('store-'))).toEqual([
      { type: 'store-down', message: `The session store did not answer within 0.25 s: ${gone.message}`, error: gone },
      { type: 'store-up' },
    ])
  })

  it.each([
    ['did not answer within 0.25 s', verbs],
    ['takes no writes', ['create', 'update'] as const],
  ])('is one line on the console, once, where nobody listens: it %s', async (what, failing) => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {})
    const visited = storeWorld({ onEvent: undefined })
    const visitor = await signedIn(visited)
    visited.store.fail(failing)
    for (let times = 0; times < 9; times++) {
      await visit(visited.sessions, visitor, (session) => (session.data['n'] = times)).catch(() => {})
    }

    expect(written.mock.calls).toEqual([[`sojourn: The session store ${what}: ${gone.message}`]])
    written.mockRestore()
  })

  it('names the store and the deadline, and shows the stack only with DEBUG', async () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.stubEnv('DEBUG', '1')
    const store = { ...memoryStore(), name: 'Redis at 10.0.0.5:6379' }
    const sessions = createSessions({ secrets, store, storeTimeout: 0.5 })
    const cookie = await signedInAs(sessions, 'ada')
    store.read = () => new Promise(() => {})
    store.list = () => new Promise(() => {})
    for (let times = 0; times < 9; times++) {
      const opening = sessions.open(cookie)
      await vi.advanceTimersByTimeAsync(3000)
      await opening
    }

    const silence = expect.objectContaining({ message: 'No answer within 0.5 s.' })
    const reading = sessions.list('ada').catch((error: Error) => error.message)
    await vi.advanceTimersByTimeAsync(3000)
    expect(await reading).toMatch(/^Redis at 10\.0\.0\.5:6379 did not answer: /)
    expect(written.mock.calls).toEqual([['sojourn: Redis at 10.0.0.5:6379 did not answer within 0.5 s', silence]])
    vi.unstubAllEnvs()
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

it('up to four unanswered calls are no outage, and each outage is reported, however soon after another', async () => {
  const visited = storeWorld()
  const storeEvents = () => visited.events.map(({ type }) => type).filter((type) => type.startsWith('store-'))
  const { cookie } = await signedIn(visited)
  const ask = async (times: number) => {
    for (let each = 0; each < times; each++) await visited.sessions.open(cookie)
  }
  for (const misses of [1, 4]) {
    visited.store.fail()
    await ask(misses)
    visited.store.heal()
    await ask(1)
  }
  expect(storeEvents()).toEqual([])

  for (let outages = 1; outages <= 2; outages++) {
    visited.store.fail()
    await ask(5)
    visited.store.heal()
    await isBack(visited)
    await ask(1)
    expect(storeEvents()).toEqual(Array.from({ length: outages }, () => ['store-down', 'store-up']).flat())
  }
})

it('a full store is reported after five writes, and as back after the first successful one', async () => {
  const visited = storeWorld()
  const storeEvents = () => visited.events.map(({ type }) => type).filter((type) => type.startsWith('store-'))
  const { cookie } = await signedIn(visited)
  const write = (session: Session) => (session.data['n'] = 1)
  visited.store.fail(['create', 'update'])
  for (let times = 0; times < 8; times++)
    await expect(request(visited.sessions, cookie, write)).rejects.toEqual(unavailable)
  expect(storeEvents()).toEqual(['store-down'])
  await request(visited.sessions, cookie)
  expect(storeEvents()).toEqual(['store-down'])
  visited.store.heal()
  await request(visited.sessions, cookie, write)
  expect(storeEvents()).toEqual(['store-down', 'store-up'])
})

it('a full store that ends all sessions of a user, and has no room for the cutoff, is a 503', async () => {
  const visited = storeWorld()
  const cookies = [await signedIn(visited, 'ada'), await signedIn(visited, 'ada')].map(({ cookie }) => cookie)
  visited.store.fail(['endAll'], 'after')
  await expect(visited.sessions.revokeAll('ada')).rejects.toEqual(unavailable)
  for (const cookie of cookies) expect((await visited.sessions.open(cookie)).outcome).toBe('revoked')
})

it('a guest’s sign-out that a store did not answer is no confirmed end', async () => {
  const visited = storeWorld()
  const visitor = browser({ now: visited.clock.now })
  await visit(visited.sessions, visitor, (session) => void session.csrfToken)
  visited.store.fail()
  await visit(visited.sessions, visitor, (session) => session.signOut())

  expect(visited.events.at(-1)).toMatchObject({ type: 'ended', confirmed: false })
})
