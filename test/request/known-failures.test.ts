import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sojourn } from '../../src/adapters/fetch.ts'
import { sojourn as honoSojourn } from '../../src/adapters/hono.ts'
import { Hono } from 'hono'
import { createSessions, type Session } from '../../src/index.ts'
import { browser } from '../support/browser.ts'
import { day } from '../support/clock.ts'
import { guest, request, secrets, signedIn, visit, world } from '../support/sessions.ts'

// Failures that session libraries had, and a test that would have shown each. If a test is only a sketch, the test of the
// file concerned has the details.

const user = '__Host-Http-session'
const signOut = (session: Session) => session.signOut()

describe('caches', () => {
  it('CVE-2023-30861 (Flask): a refreshed cookie comes with Vary: Cookie, though nobody touched the session', async () => {
    const visited = world({ touchAfter: 0 })
    const headers = await request(visited.sessions, (await signedIn(visited)).cookie)

    expect([headers.getSetCookie().length, headers.get('Vary')]).toEqual([1, 'Cookie'])
  })

  it('CVE-2026-27205 (Flask): looking whether a key is there, and how many there are, counts as access', async () => {
    for (const look of [
      (session: Session) => 'cart' in session.data,
      (session: Session) => Object.keys(session.data).length,
    ])
      expect((await request(world().sessions, null, look)).get('Vary')).toBe('Cookie')
  })

  it('CVE-2025-48947 (nextjs-auth0): whatever sets a cookie is not stored', async () => {
    const property = fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 6 }), async (steps) => {
      const visited = world({ touchAfter: 0 })
      const visitor = browser({ now: visited.clock.now })
      const does = [(session: Session) => session.signIn('ada'), signOut, (session: Session) => session.flash('a', 'b')]
      for (const step of steps) {
        const headers = await visit(visited.sessions, visitor, does[step])
        if (headers.getSetCookie().length > 0) expect(headers.get('Cache-Control')).toBe('no-store')
      }
    })
    await fc.assert(property)
  })

  it('CVE-2025-64762 (authkit-nextjs): nor by any adapter', async () => {
    const { sessions } = world()
    const app = new Hono().use(honoSojourn(sessions)).get('/', (c) => c.text(c.var.session.csrfToken))
    const handler = sojourn(sessions, (_, session) => new Response(session.csrfToken))

    for (const response of [await app.request('/'), await handler(new Request('https://example.com/'))]) {
      expect(response.headers.getSetCookie()).toHaveLength(1)
      expect(response.headers.get('Cache-Control')).toBe('no-store')
    }
  })

  it('CVE-2026-44457 (Hono): where a cache heeds either header, one suffices', async () => {
    const headers = await request(world().sessions, null, (session) => void session.userId)

    expect([headers.get('Cache-Control'), headers.get('Vary')]).toEqual(['no-store', 'Cookie'])
  })

  it('CVE-2026-97637 (WordPress plugin): a session in a body shows no token', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    const body = JSON.stringify([session, { ...session }, session.data, session.id, session.csrfToken])

    expect(body).not.toContain(visitor.get(user)!.slice(40, 80))
  })
})

describe('ended sessions that live on', () => {
  it('CVE-2025-46336 (rack-session): a request in flight does not restore what was signed out', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const inFlight = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, signOut)
    visitor.receive(await visited.sessions.commit(inFlight))

    expect(visitor.cookie).toBe('')
  })

  it('express-session #632, connect-redis #328: nor one that writes', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const inFlight = await visited.sessions.open(visitor.cookie)
    inFlight.data['cart'] = ['tea']
    await visit(visited.sessions, visitor, signOut)
    visitor.receive(await visited.sessions.commit(inFlight))

    expect(visitor.cookie).toBe('')
  })

  it('nextjs-auth0 #2335: nor a response that arrives after the sign-out’s', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const late = await request(visited.sessions, visitor.cookie, (session) => (session.data['cart'] = ['tea']))
    await visit(visited.sessions, visitor, signOut)
    visitor.receive(late)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('ended')
  })

  it('CVE-2024-31999 (@fastify/secure-session): a cookie kept from before the sign-out opens nothing', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    await visit(visited.sessions, visitor, signOut)

    expect(await visited.sessions.open(cookie)).toMatchObject({ outcome: 'ended', userId: null })
  })

  it('CVE-2024-35220 (@fastify/session): opening a session does not move its end', async () => {
    const visited = world({ touchAfter: day })
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    const { cookie } = visitor
    for (let days = 0; days < 7; days++) {
      expect((await visited.sessions.open(cookie)).outcome).toBe('active')
      visited.clock.advance(day)
    }

    expect((await visited.sessions.open(cookie)).outcome).toBe('idle')
  })

  it('CVE-2025-46344 (nextjs-auth0): a cookie whose Max-Age was stripped ends all the same', async () => {
    const visited = world()
    const { cookie } = await signedIn(visited, 'ada')
    visited.clock.advance(7 * day)

    expect((await visited.sessions.open(cookie)).userId).toBeNull()
  })

  it('CVE-2026-79624 (Apache Answer): a sign-out ends everything that was ever given out for the session', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await guest(visited)
    const given = [visitor.cookie]
    let csrf = ''
    for (const each of [
      (s: Session) => s.signIn('ada'),
      (s: Session) => s.renew(),
      (s: Session) => s.flash('a', 'b'),
    ]) {
      await visit(visited.sessions, visitor, each)
      given.push(visitor.cookie)
      csrf = (await visited.sessions.open(visitor.cookie)).csrfToken
    }
    await visit(visited.sessions, visitor, signOut)

    for (const cookie of given) {
      const session = await visited.sessions.open(cookie)
      expect([session.outcome, session.isCsrfToken(csrf)]).toEqual(['ended', false])
    }
  })

  it('CVE-2026-84321 (nginx-ui): what the process remembers of a token does not outlive its session', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    for (let times = 0; times < 3; times++) await visited.sessions.open(cookie)
    await visit(visited.sessions, visitor, signOut)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it.each(['7d', '', NaN, Infinity, -1, 0, null, {}])(
    'CVE-2026-107275 (@fastify/jwt): a duration of %j is refused, not dropped',
    (idleTimeout) => {
      expect(() => createSessions({ secrets, idleTimeout: idleTimeout as number })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTIONS' }),
      )
    },
  )
})

describe('fixation', () => {
  it('CVE-2022-25896 (passport), CVE-2023-29019 (@fastify/passport): the id from before the sign-in is dead after it', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const { cookie } = visitor
    const { id } = await visited.sessions.open(cookie)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
    expect((await visited.sessions.open(visitor.cookie)).id).not.toBe(id)
  })

  it('CVE-2023-46733 (Symfony): the same user who proves more gets another token too', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it('CVE-2022-24895 (Symfony): a csrf token from before the sign-in proves nothing after it', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const { csrfToken } = await visited.sessions.open(visitor.cookie)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    expect((await visited.sessions.open(visitor.cookie)).isCsrfToken(csrfToken)).toBe(false)
  })

  it('CVE-2026-70594 (Ghost): an attacker who plants a cookie gets nothing by its victim’s sign-in', async () => {
    const visited = world()
    const attacker = await guest(visited, { planted: true })
    const victim = browser()
    victim.put('__Host-Http-guest', attacker.get('__Host-Http-guest')!)
    await visit(visited.sessions, victim, (session) => session.signIn('ada'))

    expect(await visited.sessions.open(attacker.cookie)).toMatchObject({ userId: null, outcome: 'ended' })
    await visit(visited.sessions, attacker, (session) => (session.data['cart'] = ['oil']))
    expect((await visited.sessions.open(victim.cookie)).data['cart']).toBeUndefined()
  })

  it('Flask-Session before 0.7: the id of a session that is gone is not used again', async () => {
    const visited = world()
    const visitor = await guest(visited)
    const { cookie } = visitor
    const { id } = await visited.sessions.open(cookie)
    await visit(visited.sessions, visitor, signOut)
    const session = await visited.sessions.open(cookie)
    session.data['cart'] = ['tea']
    await visited.sessions.commit(session)

    expect(session.id).toMatch(/^[\w-]{22}$/)
    expect(session.id).not.toBe(id)
  })

  it('tower-sessions 0.12: no way to make an id gives one twice', async () => {
    const visited = world()
    const ids: (string | null)[] = []
    const makers = [
      (s: Session) => s.signIn('ada'),
      (s: Session) => (s.data['n'] = 1),
      (s: Session) => void s.csrfToken,
    ]
    for (let times = 0; times < 300; times++) {
      for (const make of makers) {
        const session = await visited.sessions.open(null)
        make(session)
        await visited.sessions.commit(session)
        ids.push(session.id)
      }
    }

    expect(new Set(ids).size).toBe(900)
    expect(ids).not.toContain(null)
  })
})
