import { expect, it } from 'vitest'
import type { SessionRecord } from '../../../src/stores/store.ts'
import { flaskSession } from '../../../src/flask/session-store.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import { flaskSessions } from '../../support/flask-session-records.ts'
import { request, secret, visit } from '../../support/sessions.ts'
import { cookie, key, kit, login } from '../../support/flask-session-redis.ts'

interface Asked {
  readonly keys: string[]
  readonly arguments: string[]
}

describeRedis('a session of flaskSession', () => {
  const { act, idOf, k, open, signIn } = kit()

  /** A client by which something happens in the moment of the first renewal: its new record is there, and the old one still is. */
  function inTheMoment(happen: () => Promise<unknown>) {
    let isPast = false
    const by = (name: 'eval' | 'evalSha') => async (script: string, asked: Asked) => {
      if (!isPast && asked.keys[0]!.startsWith('sojourn:moving:') && asked.arguments.length > 0) {
        isPast = true
        await happen()
      }
      return k.client[name](script, asked)
    }
    return {
      eval: by('eval'),
      evalSha: by('evalSha'),
      hGet: (name: string, field: string) => k.client.hGet(name, field),
    }
  }

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
    await request(k.world.sessions, k.visitor.cookie, ({ data }) => void (data.other = 1))
    k.visitor.receive(await k.world.sessions.commit(session))

    expect(idOf()).not.toBe(old)
    expect(await k.kept.keys('session:*')).toEqual([`session:${idOf()}`])
    expect({ ...(await open()).data }).toEqual({ cart: 1, mine: 1, other: 1 })
    expect(await open()).toMatchObject({ userId: '7', outcome: 'active' })
    await k.kept.put(`session:${old}`, login)
    expect((await open(`session=${old}`)).outcome).toBe('ended')
    expect(await k.kept.hex(`session:${old}`)).toBe('')
  })

  it('takes along what is written in the very moment of a renewal', async () => {
    await signIn()
    const key = `session:${idOf()}`
    const { sessions } = flaskSessions(
      inTheMoment(() => request(k.world.sessions, k.visitor.cookie, ({ data }) => void (data.other = 1))),
    )
    await visit(sessions, k.visitor, (session) => session.renew())
    expect(await k.kept.hex(key)).toBe('')
    expect(await k.kept.keys('session:*')).toEqual([`session:${idOf()}`])
    expect({ ...(await open()).data }).toEqual({ other: 1 })
  })

  it('is renewed once of two, and signed out whichever id is left', async () => {
    await signIn()
    const [first, second, third] = [await open(), await open(), await open()]
    first.renew()
    second.renew()
    third.signOut()
    const [ours, another] = await Promise.all([k.world.sessions.commit(first), k.world.sessions.commit(second)])
    expect([ours, another].filter((headers) => headers.getSetCookie().length > 0)).toHaveLength(1)
    k.visitor.receive(ours)
    k.visitor.receive(another)
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
    expect(await k.kept.keys('session:*')).toEqual([])
    await k.kept.put(`session:${id}`, hex, 10_000_000)
    // Another process, which remembers nothing.
    k.world = flaskSessions(k.client)
    expect((await open(copied)).outcome).toBe('ended')
    expect(await k.kept.hex(`session:${id}`)).toBe('')
    const endings = await k.kept.keys('sojourn:ended:*')
    expect(Math.max(...(await Promise.all(endings.map(k.kept.ttl))))).toBeGreaterThan(10_000_000)
  })

  it('stays signed out where a renewal was under way, and Flask writes the record back in that moment', async () => {
    await signIn()
    const [id, hex] = [idOf(), await k.kept.hex(`session:${idOf()}`)]
    const there = flaskSessions(
      inTheMoment(async () => {
        const out = await open()
        out.signOut()
        expect((await k.world.sessions.commit(out)).getSetCookie()).toHaveLength(1)
        await k.kept.put(`session:${id}`, hex)
      }),
    )
    const renewing = await there.sessions.open(k.visitor.cookie)
    renewing.renew()
    expect((await there.sessions.commit(renewing)).getSetCookie()).toEqual([])
    expect(await k.kept.keys('session:*')).toEqual([])
  })

  it('ends under its new id if the renewal did not learn whether the old one has ended', async () => {
    await signIn()
    const id = idOf()
    const refusing = async (name: 'eval' | 'evalSha', script: string, asked: Asked) => {
      if (asked.keys[0]!.startsWith('sojourn:ended:') && asked.arguments.length > 2) throw new Error('ECONNRESET')
      return k.client[name](script, asked)
    }
    const there = flaskSessions({
      eval: (script: string, asked: Asked) => refusing('eval', script, asked),
      evalSha: (script: string, asked: Asked) => refusing('evalSha', script, asked),
      hGet: (name: string, field: string) => k.client.hGet(name, field),
    })
    const late = await open()
    await visit(there.sessions, k.visitor, (session) => session.renew())
    expect(idOf()).not.toBe(id)
    expect((await open()).userId).toBe('7')
    late.signOut()
    await k.world.sessions.commit(late)
    expect((await open()).outcome).toBe('ended')
    expect(await k.kept.keys('session:*')).toEqual([])
  })

  it('is ended by a request during which it was renewed some times', async () => {
    await signIn()
    const late = await open()
    for (let times = 0; times < 10; times++) await act((session) => session.renew())
    late.signOut()
    await k.world.sessions.commit(late)
    expect((await open()).outcome).toBe('ended')
    expect(await k.kept.keys('session:*')).toEqual([])
  })

  it('asks no more of Redis for an old id, however often it was renewed since', async () => {
    await signIn()
    const { cookie: first } = k.visitor
    const [signingOut, watching] = [await open(), await open()]
    for (let times = 0; times < 40; times++) await act((session) => session.renew())
    k.world = flaskSessions(k.client)
    const asked = async (does: () => Promise<unknown>) => {
      const before = (await k.server.calls())['evalsha']!
      await does()
      return (await k.server.calls())['evalsha']! - before
    }
    expect(
      await asked(async () => {
        expect((await open(first)).outcome).toBe('ended')
      }),
    ).toBe(2)
    expect(
      await asked(async () => {
        const signal = k.world.sessions.watch(watching)
        await expect.poll(() => signal.aborted, { timeout: 5000 }).toBe(true)
      }),
    ).toBeLessThan(100)
    signingOut.signOut()
    expect(await asked(() => k.world.sessions.commit(signingOut))).toBeLessThan(60)
    expect((await open()).userId).toBe('7')
  })

  it('is reported as ended, also by an idle timeout that is no whole number of milliseconds', async () => {
    for (const act of ['signOut', 'renew'] as const) {
      await k.kept.put(key, login, 100)
      const make = () => flaskSessions(k.client, {}, { idleTimeout: 86_400 / 7 }).sessions
      await request(make(), cookie, (session) => session[act]())
      const again = await make().open(cookie)
      expect(again.outcome).toBe('ended')
      await k.server.ask('FLUSHALL')
    }
  })

  it('stays ended for longer than Flask keeps a record, where it keeps one for longer', async () => {
    await k.kept.put(key, login, 40 * 86_400)
    await request(k.world.sessions, cookie, (session) => session.signOut())
    const [ending] = await k.kept.keys('sojourn:ended:*')
    expect(await k.kept.ttl(ending!)).toBeGreaterThan(79 * 86_400)
    await k.server.ask('FLUSHALL')
    k.world = flaskSessions(k.client)
    await k.kept.put(key, login, 40 * 86_400)
    await request(k.world.sessions, cookie, (session) => session.renew())
    const [moved] = await k.kept.keys('sojourn:ended:*')
    expect(await k.kept.ttl(moved!)).toBeGreaterThan(79 * 86_400)
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

  it('signs again what an older key signed', async () => {
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

  it('shows no id, because the id opens the session', async () => {
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
    // The keys that stay for longer than seconds.
    const endings = (await k.kept.keys('sojourn:*')).filter((name) => !name.startsWith('sojourn:call:'))
    expect(endings.length).toBeGreaterThan(1)
    const exposed = JSON.stringify([seen, k.world.events, endings])
    expect(new Set(k.world.events.map(({ type }) => type))).toEqual(
      new Set(['opened', 'began', 'renewed', 'ended', 'refused']),
    )
    expect(seen).toEqual([expect.stringMatching(/^[\w-]{43}$/)])
    for (const id of ids) expect(exposed).not.toContain(id)
  })

  it('has no list, and says so', async () => {
    const { sessions } = k.world
    await signIn()
    expect(sessions.revocable).toBe(false)
    for (const call of [sessions.list('7'), sessions.revoke('7', idOf()), sessions.revokeAll('7')]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_NO_STORE', message: /Flask-Session keeps no list/ })
    }
    expect((await open()).userId).toBe('7')
    const ending = { ended: 'revoked', endedAt: 0, expiresAt: 1 } as const
    await expect(flaskSession(k.client).store.endAll('7', ending)).rejects.toMatchObject({ code: 'ERR_NO_STORE' })
  })

  it('finds a record whatever user its key names, because the cookie names none', async () => {
    await signIn()
    const { store } = flaskSession(k.client)
    for (const userId of ['7', '8', null])
      expect(await store.read({ id: idOf(), userId })).toMatchObject({ userId: '7', idleTimeout: null, methods: [] })
    const record = (await store.read({ id: idOf(), userId: '7' })) as SessionRecord
    const another = { ...record, userId: '8', expiresAt: 60_000 }
    expect(await store.create(another, { openedAt: performance.now() - 1 })).toEqual({ result: 'taken', ended: [] })
  })
})
