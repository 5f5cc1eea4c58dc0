import { expect, it } from 'vitest'
import { describeRedis } from '../setup/redis.ts'
import { flaskSessions } from '../support/flask-session.ts'
import { request, secret, visit } from '../support/sessions.ts'
import { cookie, key, kit, login } from './flask-session-kit.ts'

describeRedis('a session of flaskSession', () => {
  const { act, idOf, k, open, signIn } = kit()

  it('signs in under a new id: what a guest has comes along, and the old id is dead', async () => {
    await act((session) => {
      session.data.cart = ['tea']
      session.flash('info', 'Hello')
    })
    const guest = idOf()
    await signIn()
    expect(idOf()).not.toBe(guest)
    expect(await k.kept.keys('session:*')).toEqual([`session:${idOf()}`])
    expect(await k.kept.values(`session:${idOf()}`)).toEqual({
      _permanent: true,
      cart: ['tea'],
      _flashes: [['info', 'Hello']],
      person_id: 7,
    })
    expect((await open(`session=${guest}`)).outcome).toBe('ended')
  })

  it('renews under a new id, with what others wrote meanwhile, and the old id is dead', async () => {
    await signIn({ cart: 1 })
    const old = idOf()
    const session = await open()
    session.renew()
    session.data.mine = 1
    await request(k.world.sessions, k.visitor.cookie, ({ data }) => void (data.theirs = 1))
    k.visitor.receive(await k.world.sessions.commit(session))

    expect(idOf()).not.toBe(old)
    expect(await k.kept.keys('session:*')).toEqual([`session:${idOf()}`])
    expect({ ...(await open()).data }).toEqual({ cart: 1, mine: 1, theirs: 1 })
    expect(await open()).toMatchObject({ userId: '7', outcome: 'active' })
    await k.kept.put(`session:${old}`, login)
    expect((await open(`session=${old}`)).outcome).toBe('ended')
    expect(await k.kept.hex(`session:${old}`)).toBe('')
  })

  it('takes along what is written in the very moment of a renewal', async () => {
    await signIn()
    const key = `session:${idOf()}`
    let between: (() => Promise<unknown>) | null = null
    const ask = async (name: 'eval' | 'evalSha', script: string, options: { keys: string[] }) => {
      const hook = options.keys[0]!.startsWith('sojourn:moved:') ? between : null
      if (hook !== null) between = null
      await hook?.()
      return k.client[name](script, options)
    }
    const { sessions } = flaskSessions({
      eval: (script: string, options: { keys: string[] }) => ask('eval', script, options),
      evalSha: (script: string, options: { keys: string[] }) => ask('evalSha', script, options),
      hGetAll: (key) => k.client.hGetAll(key),
    })
    between = () => request(k.world.sessions, k.visitor.cookie, ({ data }) => void (data.theirs = 1))
    await visit(sessions, k.visitor, (session) => session.renew())
    expect(between).toBeNull()
    expect(await k.kept.hex(key)).toBe('')
    expect(await k.kept.keys('session:*')).toEqual([`session:${idOf()}`])
    expect({ ...(await open()).data }).toEqual({ theirs: 1 })
  })

  it('is renewed once of two, and signed out whichever id is left', async () => {
    await signIn()
    const [first, second, third] = [await open(), await open(), await open()]
    first.renew()
    second.renew()
    third.signOut()
    const [ours, theirs] = await Promise.all([k.world.sessions.commit(first), k.world.sessions.commit(second)])
    expect([ours, theirs].filter((headers) => headers.getSetCookie().length > 0)).toHaveLength(1)
    k.visitor.receive(ours)
    k.visitor.receive(theirs)
    expect((await open()).userId).toBe('7')
    await k.world.sessions.commit(third)
    expect((await open()).userId).toBeNull()
    expect(await k.kept.keys('session:*')).toEqual([])
  })

  it('stays signed out, whatever brings the record back', async () => {
    await signIn()
    const { cookie: copied } = k.visitor
    // Another process, which does not remember what this one has ended.
    const elsewhere = flaskSessions(k.client)
    const [slow, renewing] = [await elsewhere.sessions.open(copied), await elsewhere.sessions.open(copied)]
    const [id, hex] = [idOf(), await k.kept.hex(`session:${idOf()}`)]
    await act((session) => session.signOut())
    expect(k.visitor.cookie).toBe('')
    expect(await k.kept.keys('session:*')).toEqual([])

    await k.kept.put(`session:${id}`, hex, 1_000_000)
    slow.data.late = 1
    expect((await elsewhere.sessions.commit(slow)).getSetCookie()).toEqual([])
    expect(await k.kept.hex(`session:${id}`)).toBe('')
    await k.kept.put(`session:${id}`, hex)
    renewing.renew()
    expect((await elsewhere.sessions.commit(renewing)).getSetCookie()).toEqual([])
    expect(await k.kept.keys('session:*')).toEqual([`session:${id}`])
    expect((await open(copied)).outcome).toBe('ended')
    expect(await k.kept.hex(`session:${id}`)).toBe('')
    await k.kept.put(`session:${id}`, hex, 10_000_000)
    // Another process, which remembers nothing.
    k.world = flaskSessions(k.client)
    expect((await open(copied)).outcome).toBe('ended')
    expect(await k.kept.hex(`session:${id}`)).toBe('')
    const [ending] = await k.kept.keys('sojourn:ended:*')
    expect(await k.kept.ttl(ending!)).toBeGreaterThan(10_000_000)
  })

  it('loses what a request wrote whose session ended meanwhile, in Flask or here', async () => {
    await signIn()
    const slow = await open()
    slow.data.late = 1
    await k.server.ask('DEL', `session:${idOf()}`)
    expect((await k.world.sessions.commit(slow)).getSetCookie()).toEqual([])
    expect(await k.kept.keys('session:*')).toEqual([])
    expect(k.world.events.at(-1)).toMatchObject({ type: 'refused' })
  })

  it('loses what a request wrote for one user where Flask has signed in another', async () => {
    await k.kept.put(key, login)
    const slow = await open(cookie)
    slow.data.diary = 'of 7'
    const other = '82aa5f7065726d616e656e74c3a9706572736f6e5f696408'
    await k.kept.put(key, other)
    await k.world.sessions.commit(slow)
    expect(await k.kept.hex(key)).toBe(other)
  })

  it('gives a guest a form token that the next request proves', async () => {
    let token = ''
    await act((session) => void (token = session.csrfToken))
    expect(await k.kept.values(`session:${idOf()}`)).toEqual({ _permanent: true })
    expect((await open()).isCsrfToken(token)).toBe(true)
    expect((await open(cookie)).isCsrfToken(token)).toBe(false)
    await signIn()
    expect((await open()).isCsrfToken(token)).toBe(false)
  })

  it('signs anew what an older key signed', async () => {
    const older = flaskSessions(k.client, { useSigner: true, secretKey: secret('old') })
    await visit(older.sessions, k.visitor, (session) => session.signIn('7'))
    const before = k.visitor.get('session')
    k.world = flaskSessions(k.client, {
      useSigner: true,
      secretKey: secret('new'),
      secretKeyFallbacks: [secret('old')],
    })
    await act()
    expect(k.visitor.get('session')).not.toBe(before)
    expect(k.visitor.get('session')!.split('.')[0]).toBe(before!.split('.')[0])
    const newer = flaskSessions(k.client, { useSigner: true, secretKey: secret('new') })
    expect((await newer.sessions.open(k.visitor.cookie)).userId).toBe('7')
  })

  it('shows no id, since whoever has it has the session', async () => {
    const seen: unknown[] = []
    await act(({ data }) => void (data.cart = 1))
    const ids = [idOf()]
    await signIn()
    ids.push(idOf())
    await act((session) => {
      seen.push(session.id)
      session.renew()
    })
    ids.push(idOf())
    const slow = await open()
    slow.data.late = 1
    await act((session) => session.signOut())
    await k.world.sessions.commit(slow)
    await open(`session=${ids[2]}`)
    // What stays for longer than seconds.
    const endings = (await k.kept.keys('sojourn:*')).filter((name) => !name.startsWith('sojourn:call:'))
    expect(endings.length).toBeGreaterThan(1)
    const told = JSON.stringify([seen, k.world.events, endings])
    expect(new Set(k.world.events.map(({ type }) => type))).toEqual(
      new Set(['opened', 'began', 'renewed', 'ended', 'refused']),
    )
    expect(seen).toEqual([expect.stringMatching(/^[\w-]{43}$/)])
    for (const id of ids) expect(told).not.toContain(id)
  })

  it('has no list, and says so', async () => {
    const { sessions } = k.world
    await signIn()
    expect(sessions.revocable).toBe(false)
    for (const call of [sessions.list('7'), sessions.revoke('7', idOf()), sessions.revokeAll('7')]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_NO_STORE', message: /Flask-Session keeps no list/ })
    }
    expect((await open()).userId).toBe('7')
  })
})
