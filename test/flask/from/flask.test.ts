import { describe, expect, it, vi } from 'vitest'
import { fromFlask, type FromFlaskOptions } from '../../../src/flask/from/flask.ts'
import { flaskFormat, flaskSession } from '../../../src/flask/index.ts'
import { createSessions, type SessionsOptions } from '../../../src/index.ts'
import { browser } from '../../support/browser.ts'
import { day, stoppedClock } from '../../support/clock.ts'
import { flaskCookie } from '../../support/flask-cookies.ts'
import { isBack, stopTime } from '../../support/outages.ts'
import { request, secret, visit } from '../../support/sessions.ts'
import { storeWorld } from '../../support/stores.ts'

const secretKey = secret('shared')
const signedIn = '{"_permanent":true,"cart":["tea"],"person_id":7}'

/** Ours, with a store, in the place of Flask; and a browser with what Flask wrote. */
function swapped(json = signedIn, options: Partial<FromFlaskOptions> = {}, more: SessionsOptions = {}) {
  const clock = stoppedClock()
  const world = storeWorld({ accept: [fromFlask({ secretKey, ...options })], ...more }, undefined, clock)
  const cookie = flaskCookie(json, secretKey, clock.now())
  const visitor = browser({ now: clock.now })
  visitor.put('session', cookie)
  const open = (value = cookie) => world.sessions.open(`session=${value}`)
  return { ...world, cookie, visitor, open }
}

const eventsOf = (events: readonly { type: string }[], type: string) => events.filter((event) => event.type === type)

describe('fromFlask', () => {
  it('takes over who is signed in, with their data, and deletes the cookie of Flask beside ours', async () => {
    const { sessions, visitor, clock, events } = swapped()
    await visit(sessions, visitor, (session) => {
      expect(session).toMatchObject({ outcome: 'active', userId: '7', remember: true, signedInAt: null })
      expect(session.data).toEqual({ cart: ['tea'] })
    })
    expect(visitor.cookie).toMatch(/^__Host-Http-session=[\w-]+$/)
    expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'] })
    expect(eventsOf(events, 'adopted').length).toBe(1)
    expect(await sessions.list('7')).toMatchObject([{ userId: '7', createdAt: clock.now(), signedInAt: null }])
  })

  it.each([
    ['with a store', {}],
    ['without one', { store: undefined }],
  ])('is no sign-in of just now, however new its cookie: it asks for the password, %s', async (_, more) => {
    // Flask writes it again with each page, for as long as its user comes back.
    const { sessions, visitor } = swapped(signedIn, {}, more)
    await visit(sessions, visitor, (session) => expect(session.signedInWithin(300)).toBe(false))
    await visit(sessions, visitor, (session) => expect(session.signedInWithin(30 * day)).toBe(false))
    const { id } = await sessions.open(visitor.cookie)
    await visit(sessions, visitor, (session) => session.signIn('7'))
    await visit(sessions, visitor, (session) => {
      expect(session).toMatchObject({ id, userId: '7', remember: true, data: { cart: ['tea'] } })
      expect(session.signedInWithin(300)).toBe(true)
    })
  })

  it('is one session for requests that come at once, and for another server', async () => {
    const { sessions, cookie, store } = swapped()
    const other = swapped(signedIn, {}, { store })
    const ids = await Promise.all([sessions, sessions, other.sessions].map((each) => each.open(`session=${cookie}`)))
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1)
    expect((await store.records()).length).toBe(1)
  })

  it('reveals no part of the cookie by the id, and its secret by neither', async () => {
    const { open, cookie, store } = swapped()
    const { id } = await open()
    const [record] = await store.records()
    for (const part of cookie.split('.')) expect(`${id} ${record!.secretHash}`).not.toContain(part)
    expect(id).toMatch(/^[\w-]{22}$/)
  })

  it('does not take over again what was signed out, revoked or ended with all others', async () => {
    for (const end of ['signOut', 'revoke', 'revokeAll'] as const) {
      const { sessions, visitor, open } = swapped()
      const { id } = await open()
      if (end === 'signOut') await visit(sessions, visitor, (session) => session.signOut())
      if (end === 'revoke') await sessions.revoke('7', id!)
      if (end === 'revokeAll') await sessions.revokeAll('7')
      expect(await open()).toMatchObject({ outcome: end === 'signOut' ? 'ended' : 'revoked', userId: null })
    }
  })

  it('signs out who was never seen here, and deletes their cookie', async () => {
    const { sessions, visitor, open } = swapped()
    await visit(sessions, visitor, (session) => session.signOut())
    expect(visitor.cookie).toBe('')
    expect((await open()).outcome).toBe('ended')
  })

  it('refuses what Flask wrote before all sessions of its user were ended, and takes what it wrote a minute after', async () => {
    const { sessions, open, clock } = swapped()
    // Within the second that it was written in.
    clock.advance(0.5)
    await sessions.revokeAll('7')
    clock.advance(61)
    expect((await open()).outcome).toBe('revoked')
    expect((await open(flaskCookie(signedIn, secretKey, clock.now()))).userId).toBe('7')
  })

  it('opens only with a cookie of the keys, in time', async () => {
    const { open, clock } = swapped(signedIn, { secretKeyFallbacks: [secret('older')], lifetime: 3 * day })
    expect((await open(flaskCookie(signedIn, secret('older'), clock.now()))).userId).toBe('7')
    expect((await open(flaskCookie(signedIn, secret('other'), clock.now()))).userId).toBeNull()
    const written = (ago: number) => flaskCookie(signedIn, secretKey, clock.now() - ago * 1000)
    expect((await open(written(3 * day))).userId).toBe('7')
    expect((await open(written(3 * day + 1))).userId).toBeNull()
    // By a clock ahead of ours: more than a minute ahead is refused.
    expect((await open(written(-60))).userId).toBe('7')
    expect((await open(written(-61))).userId).toBeNull()
    for (const value of ['', 'x', '..', 'a.b.c', '%', `${written(0)}x`]) expect((await open(value)).userId).toBeNull()
  })

  it('counts both limits from when Flask wrote the cookie', async () => {
    const { open, clock } = swapped(signedIn, { lifetime: 31 * day }, { absoluteTimeout: 5 * day })
    clock.advance(5 * day - 1)
    expect((await open()).userId).toBe('7')
    clock.advance(1)
    expect((await open()).outcome).toBe('expired')
    const idle = swapped(signedIn, { lifetime: 31 * day })
    idle.clock.advance(7 * day + 1)
    expect((await idle.open()).outcome).toBe('idle')
  })

  it('takes over a guest with data, who is not signed in; not one without', async () => {
    const { sessions, visitor } = swapped('{"cart":["tea"]}')
    await visit(sessions, visitor, (session) => {
      expect(session).toMatchObject({ outcome: 'active', userId: null })
      expect(session.data).toEqual({ cart: ['tea'] })
    })
    expect(visitor.cookie).toMatch(/^__Host-Http-guest=[\w-]+$/)
    await visit(sessions, visitor, (session) => session.signIn('7'))
    expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'] })
    expect((await swapped('{"_permanent":true}').open()).outcome).toBe('none')
  })

  it('makes of what JSON has no form for what is nearest to it', async () => {
    const values = `{
      "b":{" b":"AP8="}," t":{" t":[1,{" t":[]}]},"d":{" d":"Thu, 15 Jan 2026 12:30:01 GMT"},"m":{" m":"<b>&amp;</b>"},
      "u":{" u":"a74b33d42f194c809c5e1a2b3c4d5e6f"},"f":1.0,"big":18446744073709551616,"nan":[NaN,Infinity],
      "__proto__":{"__proto__":1},"flash.x":1,
      "_flashes":[{" t":["info",{" m":"<b>"}]},{" t":["error","é"]}],"person_id":"ada"}`
    const { data, flashes, userId } = await swapped(values)
      .open()
      .then((session) => ({ data: session.data, userId: session.userId, flashes: session.takeFlashes() }))
    expect(userId).toBe('ada')
    expect(Object.entries(data).toSorted(([one], [other]) => (one < other ? -1 : 1))).toEqual([
      [' t', [1, []]],
      ['__proto__', JSON.parse('{"__proto__":1}')],
      ['_flash.x', 1],
      ['b', 'AP8='],
      ['big', '18446744073709551616'],
      ['d', '2026-01-15T12:30:01.000Z'],
      ['f', 1],
      ['m', '<b>&amp;</b>'],
      ['nan', [null, null]],
      ['u', 'a74b33d4-2f19-4c80-9c5e-1a2b3c4d5e6f'],
    ])
    expect(flashes).toEqual([
      { category: 'info', message: '<b>' },
      { category: 'error', message: 'é' },
    ])
  })

  describe('with a stopped clock', () => {
    stopTime()

    it('leaves the cookie alone while the store does not answer, and continues when it does', async () => {
      const { sessions, visitor, store, cookie } = swapped()
      store.fail()
      const session = await sessions.open(visitor.cookie)
      expect(session.outcome).toBe('unavailable')
      expect(() => session.userId).toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 }))
      expect((await sessions.commit(session)).getSetCookie()).toEqual([])
      await isBack({ store })
      expect((await sessions.open(`session=${cookie}`)).userId).toBe('7')
    })
  })

  it('outlives a change of our own key', async () => {
    const first = swapped()
    await visit(first.sessions, first.visitor)
    const accept = [fromFlask({ secretKey })]
    const secrets = [secret('second'), secret('first')]
    const next = storeWorld({ accept, secrets }, first.store, first.clock)
    await visit(next.sessions, first.visitor, (session) => expect(session.userId).toBe('7'))
    // Also whose first response was lost.
    expect((await next.sessions.open(`session=${first.cookie}`)).userId).toBe('7')
    expect(eventsOf(next.events, 'adopted')).toEqual([])
  })

  it('finds the cookie by its name, its user by Flask’s key, and deletes it where it is', async () => {
    const { sessions, clock } = swapped(signedIn, {
      userKey: '_user_id',
      cookieName: 'app',
      cookieDomain: '.example.com',
      cookiePath: '/app',
    })
    const cookie = `app=${flaskCookie('{"_fresh":true,"_user_id":"12"}', secretKey, clock.now())}`
    const headers = await request(sessions, cookie, (session) => {
      expect(session).toMatchObject({ userId: '12', remember: false })
    })
    expect(headers.getSetCookie()).toEqual([
      'app=; Max-Age=0; Path=/app; Domain=example.com; Secure; HttpOnly',
      expect.stringMatching(/^__Host-Http-session=/),
    ])
  })

  it('counts what is written ahead of our clock as written now', async () => {
    const { open, clock, sessions } = swapped()
    const ahead = flaskCookie(signedIn, secretKey, clock.now() + 30_000)
    const session = await open(ahead)
    expect(await sessions.list('7')).toMatchObject([{ createdAt: clock.now(), lastSeenAt: clock.now() }])
    await sessions.revoke('7', session.id!)
    expect((await open(ahead)).outcome).toBe('revoked')
  })

  it('keeps two guests apart for whom Flask wrote the same cookie', async () => {
    const { sessions, cookie, clock } = swapped('{"lang":"en"}')
    const visitors = [1, 2].map(() => browser({ now: clock.now }))
    for (const [at, visitor] of visitors.entries()) {
      visitor.put('session', cookie)
      await visit(sessions, visitor, (session) => void (session.data[`cart ${at}`] = ['tea']))
    }
    for (const [at, visitor] of visitors.entries())
      expect((await sessions.open(visitor.cookie)).data).toEqual({ lang: 'en', [`cart ${at}`]: ['tea'] })
    const ids = await Promise.all(visitors.map(async ({ cookie: ours }) => (await sessions.open(ours)).id))
    expect(new Set(ids).size).toBe(2)
  })

  it('keeps the cookie of Flask, if configured, until a sign-out', async () => {
    const { sessions, visitor, open, events } = swapped(signedIn, { keepCookie: true })
    await visit(sessions, visitor)
    expect(visitor.cookie).toMatch(/^session=[\w.-]+; __Host-Http-session=[\w-]+$/)
    // Flask writes it again, and there is a session already.
    const { clock } = swapped()
    visitor.put('session', flaskCookie('{"cart":["jam"],"person_id":7}', secretKey, clock.now()))
    await visit(sessions, visitor, (session) => expect(session.data).toEqual({ cart: ['tea'] }))
    expect(eventsOf(events, 'adopted').length).toBe(1)
    const newer = visitor.get('session')
    await visit(sessions, visitor, (session) => session.signOut())
    expect(visitor.cookie).toBe('')
    expect([(await open()).outcome, (await open(newer)).outcome]).toEqual(['ended', 'ended'])
  })

  it('takes the first of several cookies that opens, and signs out of all', async () => {
    const { sessions, cookie, clock, open } = swapped()
    const other = flaskCookie('{"person_id":7}', secretKey, clock.now())
    const both = `session=${cookie}; session=${other}`
    const { id } = await open()
    await sessions.revoke('7', id!)
    const session = await sessions.open(both)
    expect(session.userId).toBe('7')
    session.signOut()
    await sessions.commit(session)
    expect((await sessions.open(both)).userId).toBeNull()
    expect((await open(other)).outcome).toBe('ended')
  })

  it('signs out of cookies that it never looked at, beside a session of ours', async () => {
    const { sessions, visitor, clock, open } = swapped()
    await visit(sessions, visitor)
    const others = [1, 2].map((at) => flaskCookie(`{"a":${at},"person_id":7}`, secretKey, clock.now()))
    await request(sessions, [visitor.cookie, ...others.map((each) => `session=${each}`)].join('; '), (session) =>
      session.signOut(),
    )
    for (const each of others) expect((await open(each)).outcome).toBe('ended')
  })

  it('looks at a few cookies of the name, and no more', async () => {
    const { sessions, cookie } = swapped()
    const others = (count: number) => Array.from({ length: count }, (_, at) => `session=${at}; `).join('')
    expect((await sessions.open(`${others(7)}session=${cookie}`)).userId).toBe('7')
    expect((await sessions.open(`${others(8)}session=${cookie}`)).userId).toBeNull()
  })

  it.each([
    ['of no ids', { format: flaskFormat({ secretKey }) }, {}],
    ['of ids alone', flaskSession('redis://127.0.0.1:1'), {}],
    ['of the same name', { secrets: [secret('first')], cookie: { name: 'session' } }, { keepCookie: true }],
    [
      'of the same name for guests',
      { secrets: [secret('first')], cookie: { name: 'app', guestName: 'session' } },
      { keepCookie: true },
    ],
  ])('refuses to go into cookies %s', (_, options, more) => {
    const creating = () => createSessions({ ...options, accept: [fromFlask({ secretKey, ...more })] })
    expect(creating).toThrow(
      expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringContaining('ookie') }),
    )
  })

  it('says of a key that is missing, or too short in production, that it has to be the one of Flask', () => {
    const creating = (key?: string) => () => fromFlask({ secretKey: key })
    expect(creating()).toThrow(/must be exactly the Flask application's SECRET_KEY/)
    vi.stubEnv('NODE_ENV', 'production')
    expect(creating('short')).toThrow(/give Flask a longer one first/)
    expect(creating('short')).not.toThrow(/sojourn key/)
    vi.unstubAllEnvs()
  })

  it.each([
    [{}, 'ERR_SECRET_MISSING'],
    [{ secretKey: '' }, 'ERR_SECRET_MISSING'],
    [{ secretKey, secretKeyFallbacks: 'old' }, 'ERR_OPTIONS'],
    [{ secretKey, userKey: '' }, 'ERR_OPTIONS'],
    [{ secretKey, lifetime: '7 days' }, 'ERR_OPTIONS'],
    [{ secretKey, lifetime: NaN }, 'ERR_OPTIONS'],
    [{ secretKey, cookieName: 'a b' }, 'ERR_OPTIONS'],
    [{ secretKey, cookieDomain: 'a; Secure' }, 'ERR_OPTIONS'],
    [{ secretKey, cookiePath: 'app' }, 'ERR_OPTIONS'],
    [{ secretKey, keepCookie: 'yes' }, 'ERR_OPTIONS'],
    [{ secretKey, cookie: {} }, 'ERR_OPTIONS'],
    [undefined, 'ERR_OPTIONS'],
  ])('refuses %j', (options, code) => {
    expect(() => fromFlask(options as FromFlaskOptions)).toThrow(expect.objectContaining({ code }))
  })
})

describe('fromFlask, without a store', () => {
  it('seals the session into our cookie, and remembers who signed out', async () => {
    const { sessions, visitor, open } = swapped(signedIn, {}, { store: undefined })
    await visit(sessions, visitor)
    expect(visitor.cookie).toMatch(/^__Host-Http-session=[\w-]+$/)
    expect((await sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'] })
    await visit(sessions, visitor, (session) => session.signOut())
    expect((await open()).outcome).toBe('ended')
  })

  it('leaves who has more in Flask than our cookie holds in Flask', async () => {
    const { sessions, visitor, cookie } = swapped(
      `{"cart":"${'tea '.repeat(2000)}","person_id":7}`,
      {},
      { store: undefined },
    )
    await visit(sessions, visitor, (session) => expect(session.data['cart']).toHaveLength(8000))
    expect(visitor.cookie).toBe(`session=${cookie}`)
    const changing = visit(sessions, visitor, (session) => void (session.data['more'] = 1))
    await expect(changing).rejects.toMatchObject({ code: 'ERR_COOKIE_TOO_BIG' })
    await visit(sessions, visitor, (session) => (session.data['cart'] = []))
    expect(visitor.cookie).toMatch(/^__Host-Http-session=[\w-]+$/)
  })
})
