import { describe, expect, it } from 'vitest'
import type { SessionsOptions, SignInOptions } from '../../src/index.ts'
import { readSetCookie } from '../support/browser.ts'
import { copyWorld, stopTime } from '../support/outages.ts'
import { request, signedIn, visit, world, type World } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

const kinds: [string, (options?: SessionsOptions) => World][] = [
  ['in cookies', world],
  ['in a store', storeWorld],
  ['in a store, with copies in cookies', (options) => storeWorld({ unconfirmedFor: 600, ...options })],
]

const outcomeOf = async ({ sessions }: World, { cookie }: { cookie: string }) => (await sessions.open(cookie)).outcome

/** Signs in, keeps the cookie for ever, and returns the outcome after so many seconds without use. */
async function outcomeAfter(visited: World, seconds: number, options: SignInOptions) {
  const visitor = await signedIn(visited, 'ada', { forgetful: false, ...options })
  visited.clock.advance(seconds)
  return outcomeOf(visited, visitor)
}

describe.each(kinds)('timeouts of one session, %s', (_, make) => {
  it.each<[SignInOptions, seconds: number, outcome: string]>([
    [{ idleTimeout: 60 }, 60, 'idle'],
    [{ absoluteTimeout: 60 }, 60, 'expired'],
    [{ idleTimeout: 1000 }, 100, 'idle'],
    [{ idleTimeout: 1000, absoluteTimeout: 1e6 }, 100, 'idle'],
  ])('shorten those of all, and never lengthen them: %o', async (options, seconds, outcome) => {
    const all = { idleTimeout: 100, absoluteTimeout: 200, touchAfter: 0 }

    expect(await outcomeAfter(make(all), seconds - 0.001, options)).toBe('active')
    expect(await outcomeAfter(make(all), seconds, options)).toBe(outcome)
  })

  it('never lengthen the absolute timeout of a session in use', async () => {
    const visited = make({ idleTimeout: 100, absoluteTimeout: 200 })
    const visitor = await signedIn(visited, 'ada', { forgetful: false, idleTimeout: 99, absoluteTimeout: 1000 })
    for (let times = 0; times < 4; times++) {
      expect(await outcomeOf(visited, visitor)).toBe('active')
      visited.clock.advance(50)
      await visit(visited.sessions, visitor)
    }

    expect(await outcomeOf(visited, visitor)).toBe('expired')
  })

  it('let a session in steady use continue, because its use is recorded sooner', async () => {
    const visited = make()
    const visitor = await signedIn(visited, 'ada', { idleTimeout: 60 })
    for (let times = 0; times < 60; times++) {
      visited.clock.advance(56)
      expect((await visit(visited.sessions, visitor)).getSetCookie()).toHaveLength(1)
      visited.clock.advance(2.9)
      expect((await visit(visited.sessions, visitor)).getSetCookie()).toEqual([])
    }

    expect(await outcomeOf(visited, visitor)).toBe('active')
  })

  it('are those of the cookie, and of expiresAt', async () => {
    const visited = make()
    const headers = await request(visited.sessions, null, (session) => {
      session.signIn('ada', { idleTimeout: 60, absoluteTimeout: 90 })
      expect(session.expiresAt).toBe(visited.clock.now() + 60_000)
    })
    const [line] = headers.getSetCookie()
    expect(readSetCookie(line!).maxAge).toBe(60)

    visited.clock.advance(40)
    const session = await visited.sessions.open(line!.split(';')[0])
    expect(session.expiresAt).toBe(visited.clock.now() + 50_000)
    expect(readSetCookie((await visited.sessions.commit(session)).getSetCookie()[0]!).maxAge).toBe(50)
  })

  it('survive a renewal and another sign-in, until a sign-in names others or another user signs in', async () => {
    const visited = make()
    const visitor = await signedIn(visited, 'ada', { idleTimeout: 60, absoluteTimeout: 3600 })
    const idleSeconds = async () => {
      const { expiresAt } = await visited.sessions.open(visitor.cookie)
      return (expiresAt - visited.clock.now()) / 1000
    }
    await visit(visited.sessions, visitor, (session) => session.renew())
    expect(await idleSeconds()).toBe(60)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada', { idleTimeout: 90 }))
    expect(await idleSeconds()).toBe(90)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
    expect(await idleSeconds()).toBe(90)
    await visit(visited.sessions, visitor, (session) => session.signIn('eve'))
    expect(await idleSeconds()).toBe(7 * 86_400)
  })

  it.each([0, -1, 0.5, NaN, '60', null, Infinity])('are refused as %o, and the session stays', async (timeout) => {
    const session = await make().sessions.open(null)
    for (const name of ['idleTimeout', 'absoluteTimeout'])
      expect(() => session.signIn('ada', { [name]: timeout })).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))

    expect(session.userId).toBeNull()
  })
})

it('a list shows timeouts of their own, also of a session that the store adopted', async () => {
  const before = world()
  const options = { idleTimeout: 60, absoluteTimeout: 90 }
  const visitor = await signedIn(before, 'ada', options)
  const visited = storeWorld({}, undefined, before.clock)
  await visit(visited.sessions, visitor)
  await signedIn(visited, 'ada', options)
  await signedIn(visited)

  const list = await visited.sessions.list('ada')
  expect(list.map(({ idleTimeout, absoluteTimeout }) => ({ idleTimeout, absoluteTimeout }))).toEqual([
    options,
    options,
    { idleTimeout: null, absoluteTimeout: null },
  ])
  visited.clock.advance(60)
  expect(await visited.sessions.list('ada')).toHaveLength(1)
})

describe('in an outage', () => {
  stopTime()

  it('a session idles out at its own timeout', async () => {
    const visited = copyWorld()
    const { cookie } = await signedIn(visited, 'ada', { idleTimeout: 60 })
    visited.store.fail()
    for (let times = 0; times < 9; times++) await visited.sessions.open(cookie)
    visited.clock.advance(59)
    expect((await visited.sessions.open(cookie)).outcome).toBe('unconfirmed')
    visited.clock.advance(1)

    expect((await visited.sessions.open(cookie)).outcome).toBe('idle')
  })
})
