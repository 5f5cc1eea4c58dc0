import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createClient } from 'redis'
import { createSidSigner } from '../../../src/flask/sid.ts'
import { fromFlaskSession, type FromFlaskSessionOptions } from '../../../src/flask/from/flask-session.ts'
import { flaskSession } from '../../../src/flask/index.ts'
import { createSessions, type SessionsOptions } from '../../../src/index.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { key, login, sid } from '../../support/flask-session-redis.ts'
import { browser } from '../../support/browser.ts'
import { flaskSessions, recordsOf } from '../../support/flask-session-records.ts'
import { request, secret, visit, world } from '../../support/sessions.ts'
import { storeWorld } from '../../support/stores.ts'

const cookie = `session=${sid}`
const day = 86_400

describeRedis('fromFlaskSession', () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connected>>
  let kept: ReturnType<typeof recordsOf>

  const connected = () => createClient({ url: server.url, RESP: 2 }).connect()

  beforeAll(async () => {
    server = await startRedis()
    client = await connected()
    kept = recordsOf(server)
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })
  afterEach(() => server.ask('FLUSHALL'))

  const clock = { now: Date.now, advance: () => {} }

  /** Ours, with a store of its own, or as given. */
  function swapped(options: FromFlaskSessionOptions = {}, more: SessionsOptions = {}) {
    return storeWorld({ accept: [fromFlaskSession(client, options)], storeTimeout: 5, ...more }, undefined, clock)
  }

  it('takes over who is signed in, once, from when it is taken over', async () => {
    await kept.put(key, login)
    const { sessions, store, events } = swapped()
    const visitor = browser()
    visitor.put('session', sid)
    const opened = await Promise.all([1, 2, 3].map(() => sessions.open(visitor.cookie)))
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1)
    await visit(sessions, visitor, (session) => {
      expect(session).toMatchObject({ userId: '7', remember: true, signedInAt: null })
    })
    expect(visitor.cookie).toMatch(/^__Host-Http-session=[\w-]+$/)
    expect(events.filter(({ type }) => type === 'adopted').length).toBe(1)
    const [record] = await store.records()
    expect(Date.now() - record!.createdAt).toBeLessThan(10_000)
    expect(JSON.stringify(record)).not.toContain(sid)
    // What Flask has is left as it is.
    expect(await kept.hex(key)).toBe(login)
  })

  it('does not take over again what was signed out or revoked, nor what a user has revoked all of', async () => {
    await kept.put(key, login)
    for (const end of ['signOut', 'revoke', 'revokeAll', 'revokeAll, unseen'] as const) {
      const { sessions } = swapped()
      if (end !== 'revokeAll, unseen') {
        await kept.put(key, login)
        const { id } = await sessions.open(cookie)
        if (end === 'signOut') await request(sessions, cookie, (session) => session.signOut())
        if (end === 'revoke') await sessions.revoke('7', id!)
      }
      if (end.startsWith('revokeAll')) await sessions.revokeAll('7')
      expect(await sessions.open(cookie)).toMatchObject({ userId: null })
    }
  })

  it('is another session for another user of the same id, and for its guest', async () => {
    const { sessions } = swapped()
    await kept.put(key, '81a46361727491a3746561')
    const guest = await sessions.open(cookie)
    expect(guest).toMatchObject({ userId: null, data: { cart: ['tea'] } })
    await sessions.commit(guest)
    await kept.put(key, login)
    const seven = await sessions.open(cookie)
    expect(seven.userId).toBe('7')
    await kept.put(key, login.replace(/07$/, '08'))
    const eight = await sessions.open(cookie)
    expect(eight.userId).toBe('8')
    expect(new Set([guest.id, seven.id, eight.id]).size).toBe(3)
  })

  it('keeps a record for no longer than what is made of it could idle', async () => {
    for (const ttl of [31 * day, null]) {
      await kept.put(key, login, ttl ?? 1)
      if (ttl === null) await server.ask('PERSIST', key)
      await swapped({}, { idleTimeout: 40 * day, absoluteTimeout: 20 * day }).sessions.open(cookie)
      expect(await kept.ttl(key)).toBeLessThan(20 * day)
      await swapped({}, { idleTimeout: 10 * day }).sessions.open(cookie)
      expect(await kept.ttl(key)).toBeLessThan(10 * day)
      expect(await kept.ttl(key)).toBeGreaterThan(10 * day - 100)
    }
    await kept.put(key, login, 3 * day)
    await swapped().sessions.open(cookie)
    expect(await kept.ttl(key)).toBeGreaterThan(3 * day - 100)
  })

  it('keeps it for as long as Flask would, where nobody was taken over', async () => {
    for (const record of [login, '81a46361727491a3746561']) {
      await kept.put(key, record, 31 * day)
      const { sessions, store } = swapped()
      store.fail()
      await sessions.commit(await sessions.open(cookie), { failed: true })
      expect(await kept.ttl(key)).toBeGreaterThan(31 * day - 100)
    }
  })

  it('keeps it for Flask where that still answers, but for no longer than an end is remembered here', async () => {
    await kept.put(key, login, 31 * day)
    await swapped({ keepCookie: true }, { absoluteTimeout: 90 * day }).sessions.open(cookie)
    expect(await kept.ttl(key)).toBeGreaterThan(31 * day - 100)
    await swapped({ keepCookie: true }, { absoluteTimeout: 7 * day }).sessions.open(cookie)
    expect(await kept.ttl(key)).toBeLessThan(7 * day)
  })

  it.each<FromFlaskSessionOptions>([{}, { keepCookie: true }])(
    'takes over nobody again who signed out, also when ours has forgotten it, with %j',
    async (options) => {
      await kept.put(key, login, 31 * day)
      const visitor = browser()
      visitor.put('session', sid)
      const { sessions } = swapped(options, { idleTimeout: 6 * day, absoluteTimeout: 7 * day })
      await visit(sessions, visitor)
      // At Flask meanwhile, where it still answers.
      if (options.keepCookie) await kept.put(key, login, 31 * day)
      await visit(sessions, visitor, (session) => session.signOut())
      expect(visitor.cookie).toBe('')
      if (!options.keepCookie) {
        expect(await kept.ttl(key)).toBeLessThan(6 * day)
        return
      }
      expect(await kept.hex(key)).toBe('')
      // A request of Flask that was on its way.
      await kept.put(key, login, 31 * day)
      expect((await swapped(options).sessions.open(cookie)).userId).toBeNull()
      expect(await kept.hex(key)).toBe('')
    },
  )

  it('takes over nobody who signed out, also where absoluteTimeout is no whole number of milliseconds', async () => {
    const more = { absoluteTimeout: (300 * day) / 7 }
    await kept.put(key, login)
    const visitor = browser()
    visitor.put('session', sid)
    await visit(swapped({}, more).sessions, visitor, (session) => session.signOut())
    await kept.put(key, login)
    const { sessions, events } = swapped({}, more)
    expect((await sessions.open(cookie)).userId).toBeNull()
    expect(await kept.hex(key)).toBe('')
    expect(events.filter(({ type }) => type === 'store-down')).toEqual([])
  })

  it('reads signed ids where they are signed, and no other', async () => {
    await kept.put(key, login)
    const [secretKey, older] = [secret('shared'), secret('older')]
    const { sessions } = swapped({ useSigner: true, secretKey, secretKeyFallbacks: [older] })
    const userOf = async (value: string) => (await sessions.open(`session=${value}`)).userId
    for (const each of [secretKey, older])
      expect(await userOf(createSidSigner([Buffer.from(each)]).sign(sid))).toBe('7')
    expect(await userOf(createSidSigner([Buffer.from(secret('other'))]).sign(sid))).toBeNull()
    expect(await userOf(sid)).toBeNull()
  })

  it('is nobody for what is no session of Flask-Session', async () => {
    const { sessions } = swapped()
    const outcome = async (value: string) => (await sessions.open(`session=${value}`)).outcome
    // A number, and what is nothing.
    for (const hex of ['07', 'c1', '']) {
      await kept.put(key, hex)
      expect(await outcome(sid)).toBe('none')
      expect(await kept.hex(key)).toBe(hex)
    }
    for (const value of ['', 'x', '*', '../x', 'a.b', 'x'.repeat(200), '%00', 'é'])
      expect(await outcome(value)).toBe('none')
    await kept.put(key, '81aa5f7065726d616e656e74c3')
    expect(await outcome(sid)).toBe('none')
  })

  it('reads what stands under another prefix, by other names, and what was shared before', async () => {
    await kept.put('app:' + sid, '81a85f757365725f6964a23132')
    const named = swapped({ keyPrefix: 'app:', userKey: '_user_id', cookieName: 'app' })
    const headers = await request(named.sessions, `app=${sid}`, (session) => expect(session.userId).toBe('12'))
    expect(headers.getSetCookie()[0]).toBe('app=; Max-Age=0; Path=/; Secure; HttpOnly')

    await kept.put(key, login)
    const shared = flaskSessions(client)
    await request(shared.sessions, cookie, (session) => session.signOut())
    // A request of Flask that was under way brings it back.
    await kept.put(key, login)
    expect((await swapped().sessions.open(cookie)).userId).toBeNull()
  })

  it('makes of what JSON has no form for what is nearest to it', async () => {
    // b: bytes, d: a timestamp, n: NaN, i: 2 ** 64 - 1, m: {1: 'a', (1, 2): 'b'}, _flashes: [('info', '<b>')]
    const hex = [
      '87',
      'aa5f7065726d616e656e74c3',
      'a162c40200ff',
      'a164d6ff65a4f2c0',
      'a16ecb7ff8000000000000',
      'a169cfffffffffffffffff',
      'a16d8201a161920102a162',
      'a85f666c61736865739192a4696e666fa33c623e',
    ]
    await kept.put(key, hex.join(''))
    const session = await swapped().sessions.open(cookie)
    expect(session.data).toEqual({
      b: 'AP8=',
      d: new Date(0x65a4f2c0 * 1000).toISOString(),
      n: null,
      i: '18446744073709551615',
      m: { 1: 'a' },
    })
    expect(session.takeFlashes()).toEqual([{ category: 'info', message: '<b>' }])
  })

  it('works with one Redis for both, by a URL, and without a store', async () => {
    await kept.put(key, login)
    const reader = fromFlaskSession(server.url)
    const ours = { accept: [reader], storeTimeout: 5 }
    for (const { sessions } of [world({ ...ours, store: redisStore(client) }, clock), world(ours, clock)]) {
      const visitor = browser()
      visitor.put('session', sid)
      await visit(sessions, visitor)
      expect((await sessions.open(visitor.cookie)).userId).toBe('7')
      await visit(sessions, visitor, (session) => session.signOut())
      expect(visitor.cookie).toBe('')
      expect((await sessions.open(cookie)).outcome).toBe('ended')
    }
    await reader.close()
  })

  it('is a 503 while Redis is down or does not answer, and continues when it does', async () => {
    const other = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    await recordsOf(other).put(key, login)
    const reader = fromFlaskSession(other.url)
    const { sessions } = storeWorld({ accept: [reader], storeTimeout: 2 }, undefined, clock)
    const commitOf = async () => {
      const session = await sessions.open(cookie)
      expect(session.outcome).toBe('unavailable')
      return (await sessions.commit(session, { failed: true })).getSetCookie()
    }
    try {
      // No other visitor waits for it.
      await other.kill()
      expect(await commitOf()).toEqual([])
      expect((await sessions.open(null)).outcome).toBe('none')
      await other.restart()
      await expect.poll(async () => (await sessions.open(cookie)).userId, { timeout: 10_000 }).toBe('7')
      const visitor = browser()
      visitor.put('session', sid)
      await visit(sessions, visitor)
      other.freeze()
      expect(await commitOf()).toEqual([])
      // A visitor with a session of ours does not wait for it.
      visitor.put('session', sid)
      const from = performance.now()
      await visit(sessions, visitor, (session) => expect(session.userId).toBe('7'))
      expect(performance.now() - from).toBeLessThan(1900)
      // Nor does anybody for long: it is left alone.
      await Promise.all(Array.from({ length: 5 }, commitOf))
      const left = performance.now()
      for (let times = 0; times < 20; times++) expect(await commitOf()).toEqual([])
      // One of them in a second may wait.
      expect(performance.now() - left).toBeLessThan(10_000)
      other.thaw()
      await expect.poll(async () => (await sessions.open(cookie)).outcome, { timeout: 10_000 }).toBe('active')
    } finally {
      await reader.close()
      await other.stop()
    }
  })

  it('keeps the cookie of Flask-Session, if configured, until a sign-out', async () => {
    await kept.put(key, login)
    const { sessions } = swapped({ keepCookie: true })
    const visitor = browser()
    visitor.put('session', sid)
    await visit(sessions, visitor)
    expect(visitor.get('session')).toBe(sid)
    await visit(sessions, visitor, (session) => session.signOut())
    expect(visitor.cookie).toBe('')
    expect((await sessions.open(cookie)).outcome).toBe('none')
  })

  it('asks Redis for a few cookies of the name, and no more', async () => {
    await kept.put(key, login)
    const { sessions } = swapped()
    const others = (count: number) => Array.from({ length: count }, (_, at) => `session=other-${at}; `).join('')
    expect((await sessions.open(others(7) + cookie)).userId).toBe('7')
    expect((await sessions.open(others(8) + cookie)).userId).toBeNull()
  })

  it('refuses to go into a cookie of Flask', () => {
    const creating = () => createSessions({ ...flaskSession(client), accept: [fromFlaskSession(client)] })
    expect(creating).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
  })

  it.each([
    [{ keyPrefix: '' }, 'ERR_OPTIONS'],
    [{ keyPrefix: 1 }, 'ERR_OPTIONS'],
    [{ useSigner: 'true' }, 'ERR_OPTIONS'],
    [{ useSigner: true }, 'ERR_SECRET_MISSING'],
    [{ userKey: '_flashes' }, 'ERR_OPTIONS'],
    [{ cookieName: '' }, 'ERR_OPTIONS'],
    [{ keepCookie: 1 }, 'ERR_OPTIONS'],
    [{ serialization: 'json' }, 'ERR_OPTIONS'],
    [null, 'ERR_OPTIONS'],
  ])('refuses %j', (options, code) => {
    const making = () => fromFlaskSession(client, options as FromFlaskSessionOptions)
    expect(making).toThrow(expect.objectContaining({ code }))
  })

  it('refuses what is no client', () => {
    const making = () => fromFlaskSession({} as typeof client)
    expect(making).toThrow(expect.objectContaining({ code: 'ERR_STORE_CLIENT' }))
  })
})
