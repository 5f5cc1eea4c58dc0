import { describe, expect, it, vi } from 'vitest'
import { sojourn } from '../../src/adapters/node.ts'
import { createSessions, type Session } from '../../src/index.ts'
import { cookiesOf, readSetCookie } from '../support/browser.ts'
import { stoppedClock } from '../support/clock.ts'
import { guest, request, secret, signedIn, visit, world } from '../support/sessions.ts'

// Failures that session libraries had, and a test that would have shown each. If a test is only a sketch, the test of the
// file concerned has the details.

const user = '__Host-Http-session'
const signOut = (session: Session) => session.signOut()

describe('forgery and keys', () => {
  it('CVE-2026-40372 (ASP.NET): a token with a bit flipped, cut short or without its tag is refused', async () => {
    const visited = world()
    const bytes = Buffer.from((await signedIn(visited)).get(user)!, 'base64url')
    const changed = Array.from({ length: bytes.length }, (_, at) => {
      const copy = Buffer.from(bytes)
      copy[at]! ^= 0x40
      return copy
    })
    changed.push(bytes.subarray(0, -16), Buffer.concat([bytes.subarray(0, -16), Buffer.alloc(16)]))

    for (const value of changed)
      expect((await visited.sessions.open(`${user}=${value.toString('base64url')}`)).userId).toBeNull()
  })

  it('CVE-2026-39324 (rack-session): a value that is not sealed is refused, in any plain encoding', async () => {
    const claims = JSON.stringify({ id: 'x', secret: 'x', userId: 'ada', data: {} })
    const plain = [
      claims,
      encodeURIComponent(claims),
      Buffer.from(claims).toString('base64url'),
      `s:${claims}`,
      `j:${claims}`,
    ]

    for (const value of plain) expect((await world().sessions.open(`${user}=${value}`)).outcome).toBe('malformed')
  })

  it('CVE-2025-47278 (Flask): the newest key seals', async () => {
    const clock = stoppedClock()
    const { cookie } = await signedIn(world({ secrets: [secret('new'), secret('old')] }, clock))

    expect((await world({ secrets: [secret('new')] }, clock).sessions.open(cookie)).userId).toBe('ada')
    expect((await world({ secrets: [secret('old')] }, clock).sessions.open(cookie)).outcome).toBe('unknown-key')
  })

  it('CVE-2025-71402 (better-auth): a cookie that is not proved ends nobody’s session', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const token = visitor.get(user)!
    const forged = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
    await request(visited.sessions, `${user}=${forged}`, signOut)

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
    expect(visited.events.filter(({ type }) => type === 'ended')).toEqual([])
  })

  it('CVE-2023-48309 (next-auth): nothing else that the application gives out is taken for a session', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const shopper = await guest(visited)
    const session = await visited.sessions.open(visitor.cookie)
    const others = [session.csrfToken, session.id, shopper.get('__Host-Http-guest')]

    for (const value of others) expect((await visited.sessions.open(`${user}=${value}`)).userId).toBeNull()
    expect((await visited.sessions.open(`__Host-Http-guest=${visitor.get(user)}`)).userId).toBeNull()
    expect(session.isCsrfToken(visitor.get(user))).toBe(false)
  })

  it('CVE-2026-109140 (Krill): a restart does not repeat nonces', async () => {
    const clock = stoppedClock()
    const nonces = new Set<string>()
    for (let restarts = 0; restarts < 200; restarts++) {
      const token = (await signedIn(world({}, clock))).get(user)!
      nonces.add(Buffer.from(token, 'base64url').toString('hex', 7, 19))
    }

    expect(nonces.size).toBe(200)
  })

  it('CVE-2026-64682 (AstroBlocks), ASP.NET #21096: without a key production does not start, and makes none', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('SECRET_KEY', '')
    try {
      const sessions = createSessions()
      const missing = expect.objectContaining({ code: 'ERR_SECRET_MISSING' })

      expect(() => sojourn(sessions, () => {})).toThrow(missing)
      await expect(sessions.open(null)).rejects.toEqual(missing)
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('CVE-2017-1000053 (Plug), CVE-2018-15133 (Laravel): data is JSON and no more, whatever it spells', async () => {
    const visited = world()
    const poison = {
      __proto__: null,
      rce: '_$$ND_FUNC$$_function(){process.exit(1)}()',
      constructor: { prototype: { x: 1 } },
    }
    const visitor = await signedIn(visited, 'ada', {
      data: JSON.parse(JSON.stringify(poison)) as Record<string, unknown>,
    })
    const { data } = await visited.sessions.open(visitor.cookie)

    expect(JSON.stringify(data)).toBe(JSON.stringify(poison))
    expect('x' in {}).toBe(false)
  })

  it('Laravel, July 2020: the value of one cookie is not valid in another', async () => {
    const visited = world()
    const visitor = await signedIn(visited)

    expect((await visited.sessions.open(`__Host-Http-guest=${visitor.get(user)}`)).outcome).toBe('forged')
  })
})

describe('cookies', () => {
  it('CVE-2024-47764 (cookie), CVE-2026-29086 (Hono): no name, domain or path makes more than one cookie', async () => {
    const evil = ['a; Domain=evil.test', 'a\r\nSet-Cookie: b=c', 'a=b; HttpOnly', 'a\0', 'a,b=c']
    for (const text of evil) {
      for (const cookie of [{ name: text }, { guestName: text }, { domain: text }, { path: `/${text}` }]) {
        const made = () => world({ cookie: { secure: false, ...cookie } }).sessions
        if (cookie.path === '/a,b=c') {
          const line = (await request(made(), null, (session) => session.signIn('ada'))).getSetCookie()
          expect(line.map(readSetCookie)).toMatchObject([{ name: 'session', path: '/a,b=c' }])
          continue
        }
        expect(made).toThrow(expect.objectContaining({ code: 'ERR_COOKIE_OPTIONS' }))
      }
    }
  })

  it.each([
    ['CVE-2020-1045 (ASP.NET), CVE-2020-8184 (Rack): a percent-encoded name', '%5F%5FHost-session='],
    ['CVE-2023-23934 (Werkzeug): a cookie without a name', '=__Host-Http-session='],
    ['in another case, a name', '__HoSt-session='],
  ])('%s does not pass for __Host-Http-session', async (_, start) => {
    const visited = world()
    const token = (await signedIn(visited)).get(user)!

    expect((await visited.sessions.open(start + token)).outcome).toBe('none')
  })
})

describe('leaks', () => {
  it('CVE-2015-5964 (Django): visitors who do nothing cost nothing', async () => {
    const { sessions, events } = world()
    for (let hits = 0; hits < 10_000; hits++) expect([...(await request(sessions, null))]).toEqual([])

    expect(events.every(({ type }) => type === 'opened')).toBe(true)
  })

  it('CVE-2023-20866 (Spring Session): nothing is printed', async () => {
    const methods = ['log', 'info', 'warn', 'error', 'debug'] as const
    const printed = methods.map((method) => vi.spyOn(console, method).mockImplementation(() => {}))
    const written = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')]
    const visited = world()
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, signOut)
    const calls = [...printed, ...written].map(({ mock }) => mock.calls.length)
    vi.restoreAllMocks()

    expect(calls).toEqual(Array(7).fill(0))
  })

  it('GitHub, March 2021: of many simultaneous requests each gets its own cookie, and none can write after its response', async () => {
    const { sessions } = world()
    const work = Array.from({ length: 500 }, async (_, index) => {
      const session = await sessions.open(null)
      await new Promise((resolve) => setImmediate(resolve))
      session.signIn(`user ${index}`)
      session.data['index'] = index
      await new Promise((resolve) => setImmediate(resolve))
      const headers = await sessions.commit(session)
      expect(() => session.signIn('eve')).toThrow(expect.objectContaining({ code: 'ERR_COMMITTED' }))
      return cookiesOf(headers)[user]!
    })
    for (const [index, token] of (await Promise.all(work)).entries()) {
      expect(await sessions.open(`${user}=${token}`)).toMatchObject({ userId: `user ${index}`, data: { index } })
    }
  })
})
