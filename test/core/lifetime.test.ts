import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSessions, type SessionsOptions } from '../../src/index.ts'
import { browser, readSetCookie } from '../support/browser.ts'
import { day, hour, stoppedClock } from '../support/clock.ts'
import { guest, secrets, signedIn, visit, world } from '../support/sessions.ts'

const maxAgeOf = (headers: Headers) => readSetCookie(headers.getSetCookie()[0]!).maxAge

describe('unused since its last recorded use, a session', () => {
  it.each([
    ['7 days less a second', 7 * day - 1, 'active'],
    ['7 days', 7 * day, 'idle'],
    ['7 days and a second', 7 * day + 1, 'idle'],
  ])('after %s, in a browser that keeps cookies for ever, opens as it should', async (_, seconds, outcome) => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    const shopper = await guest(visited)
    const guestCookie = shopper.cookie
    visited.clock.advance(seconds)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe(outcome)
    expect((await visited.sessions.open(guestCookie)).outcome).toBe(outcome)
  })

  it('opens to the millisecond', async () => {
    const visited = world({ idleTimeout: 60 })
    const { cookie } = await signedIn(visited)
    visited.clock.advance(59.999)
    expect((await visited.sessions.open(cookie)).outcome).toBe('active')
    visited.clock.advance(0.001)
    expect((await visited.sessions.open(cookie)).outcome).toBe('idle')
  })

  it('counts from the use that was written down, at most touchAfter before the last', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    visited.clock.advance(hour - 1)
    await visit(visited.sessions, visitor)
    visited.clock.advance(7 * day - hour)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('active')
    visited.clock.advance(1)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('idle')
  })

  it('is idle after years as well, when not even its key of the day is looked for', async () => {
    const visited = world()
    const { cookie } = await signedIn(visited)
    visited.clock.advance(4000 * day)
    const restarted = world({}, visited.clock)

    expect((await restarted.sessions.open(cookie)).outcome).toBe('idle')
  })
})

describe('in steady use, a session', () => {
  it.each([
    ['a second before 30 days', 30 * day - 1, 'active'],
    ['at 30 days', 30 * day, 'expired'],
    ['a second after 30 days', 30 * day + 1, 'expired'],
  ])('%s since its sign-in opens as it should', async (_, seconds, outcome) => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    let passed = 0
    for (; passed + 6 * hour < seconds; passed += 6 * hour) {
      visited.clock.advance(6 * hour)
      await visit(visited.sessions, visitor)
    }
    visited.clock.advance(seconds - passed)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe(outcome)
  })

  it('reaches its greatest age through 1,000 touches, changes and renewals', async () => {
    const visited = world({ idleTimeout: 1000, absoluteTimeout: 100_000, touchAfter: 0 })
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    for (let times = 1; times < 1000; times++) {
      visited.clock.advance(100)
      await visit(visited.sessions, visitor, (session) => {
        if (times % 3 === 1) session.data['times'] = times
        if (times % 3 === 2) session.renew()
      })
    }
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')

    visited.clock.advance(100)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('expired')
  })

  it('gets its whole time again when its user signs in again', async () => {
    const visited = world({ idleTimeout: 10 * day, absoluteTimeout: 10 * day })
    const visitor = await signedIn(visited)
    visited.clock.advance(9 * day)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
    visited.clock.advance(9 * day)

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })
})

describe('Max-Age', () => {
  it('is the idle timeout, and towards the end what is left of the absolute one', async () => {
    const visited = world()
    const visitor = await signedIn(visited, 'ada')
    const ages: (number | undefined)[] = []
    for (let days = 0; days < 28; days += 4) {
      visited.clock.advance(4 * day)
      ages.push(maxAgeOf(await visit(visited.sessions, visitor)))
    }

    expect(ages).toEqual([7 * day, 7 * day, 7 * day, 7 * day, 7 * day, 6 * day, 2 * day])
  })

  it('is 400 days at most', async () => {
    const { sessions } = world({ idleTimeout: 401 * day, absoluteTimeout: 1000 * day })
    const session = await sessions.open(null)
    session.signIn('ada')

    // As it stands there: the parser would cut it as browsers do.
    expect((await sessions.commit(session)).getSetCookie()[0]).toContain(`; Max-Age=${400 * day};`)
  })

  it('deletes no session that still lives, however little time is left', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    for (let days = 0; days < 24; days += 6) {
      visited.clock.advance(6 * day)
      await visit(visited.sessions, visitor)
    }
    visited.clock.advance(6 * day - 0.5)
    await visit(visited.sessions, visitor)

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })
})

describe('what the session says of its end', () => {
  it('is when it ends if it is not used again', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)

    expect(session.expiresAt).toBe(visited.clock.now() + 7 * day * 1000)
    visited.clock.advance(2 * hour)
    const later = await visited.sessions.open(visitor.cookie)
    expect(later.expiresAt).toBe(visited.clock.now() + 7 * day * 1000)
    await visited.sessions.commit(later, { background: true })
  })

  it('is the absolute end when that is nearer', async () => {
    const visited = world({ idleTimeout: 10 * day, absoluteTimeout: 8 * day })
    const session = await visited.sessions.open((await signedIn(visited)).cookie)

    expect(session.expiresAt).toBe(visited.clock.now() + 8 * day * 1000)
  })

  it('knows how long ago the sign-in was', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    visited.clock.advance(299.999)
    expect((await visited.sessions.open(visitor.cookie)).signedInWithin(300)).toBe(true)
    visited.clock.advance(0.001)
    expect((await visited.sessions.open(visitor.cookie)).signedInWithin(300)).toBe(false)
    expect((await visited.sessions.open(null)).signedInWithin(1e9)).toBe(false)
  })
})

describe('clocks that differ', () => {
  it.each([1, 60, hour, day])('a server %i seconds ahead and one that is not share their visitors', async (seconds) => {
    const [clock, ahead] = [stoppedClock(), stoppedClock()]
    ahead.advance(seconds)
    const [one, other] = [world({ touchAfter: 0 }, clock), world({ touchAfter: 0 }, ahead)]
    const visitor = await signedIn(other)
    for (const { sessions } of [one, other, one, other]) {
      await visit(sessions, visitor, (session) => expect(session).toMatchObject({ outcome: 'active', userId: 'ada' }))
    }
  })

  it('a time that is ahead counts as now, and lengthens no life', async () => {
    const [clock, ahead] = [stoppedClock(), stoppedClock()]
    ahead.advance(day)
    const visitor = await signedIn(world({ absoluteTimeout: 3 * day }, ahead))
    const visited = world({ absoluteTimeout: 3 * day, touchAfter: 0 }, clock)
    const session = await visited.sessions.open(visitor.cookie)

    expect(session.signedInAt).toBe(clock.now())
    expect(session.expiresAt).toBe(clock.now() + 3 * day * 1000)
    visitor.receive(await visited.sessions.commit(session))
    const kept = browser()
    kept.put('__Host-Http-session', visitor.get('__Host-Http-session')!)
    clock.advance(3 * day)
    expect((await visited.sessions.open(kept.cookie)).outcome).toBe('expired')
  })

  it('a token from a day that has not come yet, anywhere on earth, is refused', async () => {
    const [clock, ahead] = [stoppedClock(), stoppedClock()]
    ahead.advance(2 * day)
    const { cookie } = await signedIn(world({}, ahead))

    expect((await world({}, clock).sessions.open(cookie)).outcome).toBe('forged')
  })
})

it.each(['idleTimeout', 'absoluteTimeout', 'touchAfter'])('%s as a bigint is refused with words', (name) => {
  expect(() => createSessions({ secrets, [name]: 60n })).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
})

it('durations are accepted or refused, and an accepted one ends a session', async () => {
  const any = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(0, -0, -1, 0.5, 1, 60, 1e11, 1e12, Number.MAX_VALUE, NaN, Infinity, -Infinity),
    fc.constantFrom<unknown>('7d', '604800', '', null, true, [], {}, () => 60),
  )
  const options = fc.record({ idleTimeout: any, absoluteTimeout: any, touchAfter: any }, { requiredKeys: [] })
  await fc.assert(
    fc.asyncProperty(options, async (durations) => {
      const clock = stoppedClock()
      let sessions
      try {
        sessions = createSessions({ secrets, now: clock.now, ...(durations as SessionsOptions) })
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_OPTIONS' })
        return
      }
      const session = await sessions.open(null)
      session.signIn('ada')
      const headers = await sessions.commit(session)
      const { name, value, maxAge } = readSetCookie(headers.getSetCookie()[0]!)
      expect(maxAge).toSatisfy(Number.isInteger)
      const cookie = `${name}=${value}`
      expect((await sessions.open(cookie)).outcome).toBe('active')
      clock.advance(Number(durations.idleTimeout ?? 7 * day))
      expect((await sessions.open(cookie)).outcome).toMatch(/^(idle|expired)$/)
    }),
    { numRuns: 500 },
  )
})
