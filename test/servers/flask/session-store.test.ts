import { expect, it } from 'vitest'
import { flaskSession } from '../../../src/flask/index.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { browser } from '../../support/browser.ts'
import { flaskSessions, isPickle, records, valuesIn, written } from '../../support/flask-session-records.ts'
import { request, secret, visit } from '../../support/sessions.ts'
import { cookie, key, kit, login, sid } from '../../support/flask-session-redis.ts'

describeRedis('flaskSession', () => {
  const { act, idOf, k, open, signIn } = kit()

  it.each(written.filter(([, hex]) => !isPickle(hex) && hex !== 'c0'))('reads the record of %s', async (_, hex) => {
    await k.kept.put(key, hex, 1234)
    const session = await open(cookie)
    const { _permanent, person_id, _flashes, ...data } = valuesIn(Buffer.from(hex, 'hex'))
    expect(session.outcome).toBe('active')
    expect(session.userId).toBe(person_id === undefined ? null : String(person_id))
    expect(session.remember).toBe(_permanent === true)
    expect({ ...session.data }).toEqual(data)
    expect(session.takeFlashes().map(({ category, message }) => [category, message])).toEqual(_flashes ?? [])
  })

  it.each(written.filter(([, hex]) => !isPickle(hex) && hex !== 'c0'))(
    'writes the record of %s back as it came, but for what changed',
    async (_, hex) => {
      await k.kept.put(key, hex, 1234)
      const before = await k.kept.values(key)
      await request(k.world.sessions, cookie, ({ data }) => void data)
      expect(await k.kept.ttl(key)).toBe(604_800)
      if (!hex.startsWith('7b') && !hex.startsWith('df')) expect(await k.kept.hex(key)).toBe(hex)
      await request(k.world.sessions, cookie, ({ data }) => void (data.new = 1))
      expect(await k.kept.values(key)).toEqual({ ...before, new: 1 })
      expect(Object.keys(await k.kept.values(key))).toEqual([...Object.keys(before), 'new'])
    },
  )

  it.each(records.filter(({ adopted }) => adopted !== undefined))(
    'makes of $id what Flask-Session makes of it',
    async ({ cookie: value, key: place, valueHex, adopted, config }) => {
      const serialization = config['SESSION_SERIALIZATION_FORMAT'] === 'json' ? 'json' : 'msgpack'
      const { sessions } = flaskSessions(k.client, { serialization })
      if (valueHex !== '') await k.kept.put(place!, valueHex!, 1234)
      else await k.server.ask('SET', place!, '', 'EX', '1234')
      const headers = await request(sessions, `session=${value}`, ({ data }) => void (data.a = 2))
      const [line = ''] = headers.getSetCookie()
      // An invalid id is replaced by a new one, under an id that no client chose.
      if (adopted) expect(line === '' || line.startsWith(`session=${value};`)).toBe(true)
      else expect(line).toMatch(/^session=[\w-]{43};/)
      if (adopted) expect(await k.kept.values(place!)).toMatchObject({ a: 2 })
      else expect(await k.kept.hex(place!)).toBe(valueHex)
      const hex = await k.kept.hex(adopted ? place! : `session:${/=([^;]*)/.exec(line)![1]}`)
      expect(hex.startsWith('7b')).toBe(serialization === 'json')
    },
  )

  it.each(['', 'abc', 'attacker-chosen-sid', sid])('never takes an id %j that is nobody’s', async (value) => {
    k.visitor.put('session', value)
    const session = await open()
    expect(session.userId).toBeNull()
    await act(({ data }) => void (data.cart = 1))
    expect(idOf()).toMatch(/^[\w-]{43}$/)
    expect(idOf()).not.toBe(value)
    expect(await k.kept.keys()).toEqual([`session:${idOf()}`])
  })

  it('CVE-2015-3982 (Django): an empty id never reaches the store', async () => {
    await k.server.ask('SET', 'session:', 'x')
    expect(await flaskSession(k.client).store.read({ id: '', userId: null })).toBeNull()
    await request(flaskSessions(k.client).sessions, 'session=', ({ data }) => void (data.a = 1))
    expect(await k.server.ask('GET', 'session:')).toBe('x')
  })

  it.each([
    ['', {}],
    [', signed by nobody', { useSigner: true, secretKey: secret('a'), keyPrefix: '' }],
  ])('CVE-2011-4136 (Django): no cookie has a key looked at that is none of a session’s%s', async (_, options) => {
    const asked: string[] = []
    const by = (name: 'eval' | 'evalSha') => async (script: string, more: { keys: string[] }) => {
      asked.push(...more.keys)
      return k.client[name](script, more)
    }
    const client = { eval: by('eval'), evalSha: by('evalSha'), hGet: async () => null }
    const foreign = [
      'cache:user:1',
      'user:1',
      'a.b',
      'counter.',
      '{session:}',
      '../session',
      '%2e',
      '*',
      `sojourn:call:${key}`,
    ]
    for (const name of foreign) await k.kept.put(name, login)
    const { sessions } = flaskSessions(client, options)
    for (const value of foreign) {
      expect((await sessions.open(`session=${value}`)).userId).toBeNull()
      await request(sessions, `session=${value}`, (session) => session.signOut())
    }
    expect(asked).toEqual([])
    for (const value of foreign) await request(sessions, `session=${value}`, ({ data }) => void (data.a = 1))
    expect(asked.length).toBeGreaterThan(foreign.length)
    for (const name of foreign) {
      expect(asked).not.toContain(name)
      expect(await k.kept.hex(name)).toBe(login)
    }
  })

  it('CVE-2025-61686 (React Router), CVE-2024-3400 (PAN-OS): never lets a cookie name another key', async () => {
    await k.server.ask('SET', 'cache:user:1', 'x')
    for (const prefix of ['s', '']) {
      const { sessions } = flaskSessions(k.client, {
        keyPrefix: prefix,
        useSigner: prefix === '',
        secretKey: secret('a'),
      })
      await request(sessions, 'session=cache:user:1', ({ data }) => void (data.a = 1))
    }
    expect(await k.server.ask('GET', 'cache:user:1')).toBe('x')
    expect(() => flaskSession(k.client, { keyPrefix: '' })).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
  })

  it.each<readonly [string, string]>([
    ...records.flatMap(({ id, valueHex }) => (isPickle(valueHex ?? '') ? [[id, valueHex!] as const] : [])),
    ['pickle of protocol 0', Buffer.from('(dp0\nVperson_id\np1\nI7\ns.').toString('hex')],
    // os.system('touch …')
    ['pickle that runs something', Buffer.from("cos\nsystem\n(S'touch /tmp/ran'\ntR.").toString('hex')],
    ['nil', 'c0'],
    ['a list', '9101'],
    ['text', Buffer.from('hello').toString('hex')],
    ['a counter', Buffer.from('17').toString('hex')],
    ['a list in JSON', Buffer.from('[{"person_id":7}]').toString('hex')],
    ['page of a cache', Buffer.from('<p>{"person_id":7}</p>').toString('hex')],
    ['a record that is cut short', login.slice(0, -2)],
    ['a record with bytes after its end', `${login}c0`],
    ['1 MB and more', `82aa5f7065726d616e656e74c3a178c600100000${'00'.repeat(2 ** 20)}`],
  ])(
    'Flask-Session pickle, CVE-2011-4136 (Django): %s is nobody’s, runs nothing and stays as it is',
    async (_, hex) => {
      await k.kept.put(key, hex, 1234)
      k.visitor.put('session', sid)
      expect((await open()).userId).toBeNull()
      await act()
      expect(idOf()).toBe(sid)
      await act((session) => {
        session.signOut()
        session.data.cart = 1
      })
      expect(idOf()).not.toBe(sid)
      k.visitor.put('session', sid)
      await signIn()
      expect((await open()).userId).toBe('7')
      expect(await k.kept.hex(key)).toBe(hex)
      expect(await k.kept.ttl(key)).toBeLessThanOrEqual(1234)
    },
  )

  it('CVE-2011-4136 (Django): a key of another type is nobody’s, and stays as it is', async () => {
    await k.server.ask('HSET', key, 'a', '1')
    await request(k.world.sessions, cookie, (session) => session.signIn('7'))
    expect(await k.server.ask('HGETALL', key)).toEqual(['a', '1'])
  })

  it.each([
    [{ serialization: 'pickle' }],
    [{ useSigner: 1 }],
    [{ keyPrefix: 1 }],
    [{ idLength: 15 }],
    [{ idLength: 97 }],
    [{ userKey: '' }],
    [{ userKey: '_flashes' }],
    [{ lifetime: 60 }],
  ])('refuses %j', (options) => {
    expect(() => flaskSession(k.client, options as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
  })

  it('refuses an invalid client, a copy in a cookie that has none, and the cookie of others', async () => {
    expect(() => flaskSession({} as never)).toThrow(/flaskSession takes a client/)
    expect(() => flaskSessions(k.client, {}, { unconfirmedFor: 60 })).toThrow(/cannot hold a copy/)
    const { store } = flaskSession(k.client)
    const sealed = flaskSessions(k.client, {}, { format: undefined, store, secrets: [secret('a')] })
    await expect(request(sealed.sessions, null, (session) => session.signIn('7'))).rejects.toThrow(
      /records need its own cookie/,
    )
  })
})

describeRedis('flaskSession without its Redis', () => {
  it('reports the session as unavailable, changes no cookie, and continues when Redis is back', async () => {
    const server = await startRedis({ args: ['--appendonly', 'yes'] })
    const { sessions, close } = flaskSessions(server.url, {}, { storeTimeout: 0.5 })
    const visitor = browser()
    await visit(sessions, visitor, (session) => session.signIn('7'))
    await server.kill()
    const headers = await request(sessions, visitor.cookie)
    expect(headers.getSetCookie()).toEqual([])
    expect((await sessions.open(visitor.cookie)).outcome).toBe('unavailable')
    await server.restart()
    await expect.poll(async () => (await sessions.open(visitor.cookie)).outcome, { timeout: 8000 }).toBe('active')
    await close()
    await server.stop()
  })

  it('signs out of a server that is full', async () => {
    const server = await startRedis()
    const { sessions, close } = flaskSessions(server.url)
    const visitor = browser()
    await visit(sessions, visitor, (session) => session.signIn('7'))
    await server.ask('CONFIG', 'SET', 'maxmemory', '1')
    await visit(sessions, visitor, (session) => session.signOut())
    expect(await server.ask('KEYS', '*')).toEqual([])
    await close()
    await server.stop()
  })
})
