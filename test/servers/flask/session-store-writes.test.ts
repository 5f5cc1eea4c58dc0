import { expect, it } from 'vitest'
import { flaskSession } from '../../../src/flask/index.ts'
import type { SessionRecord } from '../../../src/index.ts'
import { TooLate } from '../../../src/stores/store.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import { flaskSessions, keyOf } from '../../support/flask-session-records.ts'
import { request } from '../../support/sessions.ts'
import { cookie, key, kit, login, sid } from '../../support/flask-session-redis.ts'

describeRedis('the writes of flaskSession', () => {
  const { act, idOf, k, open, signIn } = kit()

  it("writes Flask-Session's own bytes for a sign-in", async () => {
    const headers = await signIn()
    expect(idOf()).toMatch(/^[\w-]{43}$/)
    expect(await k.kept.keys()).toEqual([`session:${idOf()}`])
    expect(await k.kept.hex(`session:${idOf()}`)).toBe(login)
    expect(await k.kept.ttl(`session:${idOf()}`)).toBe(604_800)
    expect(headers.getSetCookie()).toEqual([`session=${idOf()}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`])
  })

  it('signs in without _permanent where it is not remembered', async () => {
    await act((session) => session.signIn('ada', { remember: false }))
    expect(await k.kept.values(`session:${idOf()}`)).toEqual({ person_id: 'ada' })
    expect((await open()).remember).toBe(false)
  })

  it.each(['7', '0', '-3', '18446744073709551615'])('keeps the user %s as an integer', async (userId) => {
    await act((session) => session.signIn(userId))
    expect(BigInt((await k.kept.values(`session:${idOf()}`))['person_id'] as number)).toBe(BigInt(userId))
    expect((await open()).userId).toBe(userId)
  })

  it.each(['07', '1.0', 'ada', '18446744073709551616', '-9223372036854775809'])(
    'keeps the user %s as text',
    async (userId) => {
      await act((session) => session.signIn(userId))
      expect(await k.kept.values(`session:${idOf()}`)).toMatchObject({ person_id: userId })
      expect((await open()).userId).toBe(userId)
    },
  )

  it('keeps what two requests write to different keys, and counts what twenty processes write to one', async () => {
    await signIn()
    const sessions = await Promise.all(Array.from({ length: 20 }, () => open()))
    await Promise.all(
      sessions.map((session, at) => {
        session.data[`k${at}`] = at
        session.update('count', (count: number | undefined) => (count ?? 0) + 1)
        return flaskSessions(k.client).sessions.commit(session)
      }),
    )
    const { data } = await open()
    expect(data['count']).toBe(20)
    expect(Object.keys(data)).toHaveLength(21)
  })

  it('sends a large record once when it changes it', async () => {
    const sent = async () => Number(/total_net_input_bytes:(\d+)/.exec(String(await k.server.ask('INFO', 'stats')))![1])
    const text = 'tea '.repeat(25_000)
    await signIn({ text })
    const session = await open()
    session.data['count'] = 1
    const before = await sent()
    await k.world.sessions.commit(session)
    expect((await sent()) - before).toBeLessThan(1.2 * text.length)
  })

  it('counts on from a float of Flask’s that another request changed', async () => {
    // {'person_id': 7, 'n': 1.0}
    await k.kept.put(key, '82a9706572736f6e5f696407a16ecb3ff0000000000000')
    const session = await open(cookie)
    session.update('n', (n: number) => n + 1)
    await k.kept.put(key, '82a9706572736f6e5f696407a16ecb4024000000000000')
    await k.world.sessions.commit(session)
    expect((await k.kept.values(key))['n']).toBe(11)
  })

  it('shares messages, and removes none that came meanwhile', async () => {
    // {'_flashes': [['message', 'one']], 'x': 1}
    await k.kept.put(key, '82a85f666c61736865739192a76d657373616765a36f6e65a17801')
    const session = await open(cookie)
    expect(session.takeFlashes()).toEqual([{ category: 'message', message: 'one' }])
    session.flash('info', 'three')
    await k.kept.put(key, '82a85f666c61736865739292a76d657373616765a36f6e6592a76d657373616765a374776fa17801')
    await k.world.sessions.commit(session)
    expect(await k.kept.values(key)).toEqual({
      _flashes: [
        ['message', 'two'],
        ['info', 'three'],
      ],
      x: 1,
    })
  })

  it('takes no message for one that another request took', async () => {
    // {'_flashes': [['message', 'one']]}, and then [['message', 'two']]
    await k.kept.put(key, '81a85f666c61736865739192a76d657373616765a36f6e65')
    const session = await open(cookie)
    session.takeFlashes()
    await k.kept.put(key, '81a85f666c61736865739192a76d657373616765a374776f')
    await k.world.sessions.commit(session)
    expect((await open(cookie)).takeFlashes()).toEqual([{ category: 'message', message: 'two' }])
  })

  it('does nothing when its caller has gone', async () => {
    const { store } = flaskSession(k.client)
    const { id, secretHash, ...record } = await recordLike()
    const late = Date.now() - 1000
    await expect(store.create({ id, secretHash, ...record }, {}, late)).rejects.toBeInstanceOf(TooLate)
    await k.kept.put(key, login)
    const change = { set: {}, unset: ['a'], lastSeenAt: 0, expiresAt: 1000 }
    await expect(store.update(keyOf(sid), { secretHash }, change, late)).rejects.toBeInstanceOf(TooLate)
    await expect(store.end(keyOf(sid), { ended: 'revoked', endedAt: 0, expiresAt: 1 }, late)).rejects.toBeInstanceOf(
      TooLate,
    )
    expect(await k.kept.keys()).toEqual([key])
    expect(await k.kept.hex(key)).toBe(login)
  })

  async function recordLike(): Promise<SessionRecord> {
    const { store } = flaskSession(k.client)
    await k.kept.put(key, login)
    const record = (await store.read(keyOf(sid))) as SessionRecord
    await k.server.ask('FLUSHALL')
    return record
  }

  it('never leaves an empty record, and keeps keys that are no texts', async () => {
    // {'x': 1}, then {1: 2, 'x': 1}
    await k.kept.put(key, '81a17801')
    await request(k.world.sessions, cookie, ({ data }) => void delete data.x)
    expect(await k.kept.values(key)).toEqual({ _permanent: false })
    await k.kept.put(key, '820102a17801')
    await request(k.world.sessions, cookie, ({ data }) => void (data.x = 2))
    expect(await k.kept.hex(key)).toBe('820102a17802')
  })

  it.each([
    ['80', {}],
    ['81aa5f7065726d616e656e74c3', { _permanent: true }],
  ])('continues an empty record, %s, as Flask does', async (hex, before) => {
    await k.kept.put(key, hex)
    expect((await open(cookie)).outcome).toBe('active')
    expect(await k.kept.hex(key)).toBe(hex)
    expect((await request(k.world.sessions, cookie, ({ data }) => void (data.a = 1))).getSetCookie()).toEqual([])
    expect(await k.kept.values(key)).toEqual({ ...before, a: 1 })
    expect(await k.kept.keys('session:*')).toEqual([key])
  })

  it('never writes more than it reads, which would sign its user out', async () => {
    await signIn()
    await act(({ data }) => void (data.long = 'x'.repeat(1_000_000)))
    expect((await open()).data['long']).toHaveLength(1_000_000)
    await expect(act(({ data }) => void (data.long = 'é'.repeat(600_000)))).rejects.toMatchObject({
      code: 'ERR_DATA',
      message: /session\.data\.long takes more than 1 MB/,
    })
    // More than five times in a row, which is when a store counts as down, or as full.
    for (let times = 0; times < 6; times++) {
      await expect(act(({ data }) => void (data.more = 'x'.repeat(100_000)))).rejects.toMatchObject({
        code: 'ERR_DATA',
        message: /The session takes \d+ bytes, and the limit is 1 MB/,
        status: 500,
      })
    }
    expect(k.world.events.map(({ type }) => type)).not.toContain('store-down')
    expect(Object.keys((await open()).data)).toEqual(['long'])
    await act(({ data }) => void (data.long = 1))
    expect({ ...(await open()).data }).toEqual({ long: 1 })
  })

  it('writes in the other way what would be too long in its own', async () => {
    const { sessions } = flaskSessions(k.client, { serialization: 'json' })
    // {'a': 1, 't': '\x01' * 200_000}, of which JSON makes 1.2 MB.
    const hex = `82a16101a174db00030d40${'01'.repeat(200_000)}`
    await k.kept.put(key, hex, 1234)
    await request(sessions, cookie)
    expect(await k.kept.ttl(key)).toBe(604_800)
    expect((await k.kept.hex(key)) === hex).toBe(true)
    await request(sessions, cookie, ({ data }) => void (data.a = 2))
    expect((await k.kept.hex(key)) === hex.replace('a16101', 'a16102')).toBe(true)
  })

  it('writes in its own way, and in the other where this one would lose something', async () => {
    k.world = flaskSessions(k.client, { serialization: 'json' })
    await signIn({ cart: { tea: 1.5, é: [null] } })
    expect(await k.server.ask('GET', `session:${idOf()}`)).toBe(
      '{"_permanent":true,"cart":{"tea":1.5,"é":[null]},"person_id":7}',
    )
    await k.kept.put(key, login)
    await request(k.world.sessions, cookie, ({ data }) => void (data.a = 1.0))
    expect(await k.server.ask('GET', key)).toBe('{"_permanent":true,"person_id":7,"a":1}')
    // {'b': b'\x00', 'a': 1}
    await k.kept.put(key, '82a162c40100a16101')
    await request(k.world.sessions, cookie, ({ data }) => void (data.a = 2))
    expect(await k.kept.hex(key)).toBe('82a162c40100a16102')

    k.world = flaskSessions(k.client)
    await k.server.ask('SET', key, '{"a":123456789012345678901234567890}')
    await request(k.world.sessions, cookie, ({ data }) => void (data.b = data.a + 1n === 0n ? 1 : 2))
    expect(await k.server.ask('GET', key)).toBe('{"a":123456789012345678901234567890,"b":2}')
  })

  it('writes that a session is in use, at most every touchAfter', async () => {
    const { sessions } = flaskSessions(k.client, {}, { idleTimeout: 1000, touchAfter: 100 })
    await k.kept.put(key, login, 950)
    expect((await request(sessions, cookie)).getSetCookie()).toEqual([])
    expect(await k.kept.ttl(key)).toBeLessThanOrEqual(950)
    await k.kept.put(key, login, 850)
    expect((await request(sessions, cookie)).getSetCookie()).toEqual([expect.stringContaining('Max-Age=1000')])
    expect(await k.kept.ttl(key)).toBe(1000)
    await k.server.ask('PERSIST', key)
    await request(sessions, cookie)
    expect(await k.kept.ttl(key)).toBe(1000)
    expect((await sessions.open(cookie)).expiresAt).toBeGreaterThan(Date.now() + 990_000)
  })
})
