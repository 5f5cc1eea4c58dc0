import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Sessions } from '../../../src/index.ts'
import type { SessionRecord } from '../../../src/stores/store.ts'
import { putIfAbsent, replaceIfUnchanged, removeIfUnchanged } from '../../../src/flask/records/record-scripts.ts'
import { flaskSession } from '../../../src/flask/session-store.ts'
import type { Script } from '../../../src/stores/redis/lua.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { flaskSessions, keyOf } from '../../support/flask-session-records.ts'
import { request, visit } from '../../support/sessions.ts'
import { cookie, key, kit, login, sid } from '../../support/flask-session-redis.ts'

describeRedis('the writes of flaskSession by a client that sends them again, because an answer was lost', () => {
  const { idOf, k, open, signIn } = kit()
  let proxy: TcpProxy
  let client: Redis
  /** The answer to the next call of this script is lost. */
  let lost: Script | null
  /** Runs after the script was executed, before it is sent again. */
  let meanwhile: () => Promise<unknown>
  let sessions: Sessions
  let calls: number

  beforeEach(async () => {
    proxy = await startTcpProxy(k.server.port)
    client = new Redis({ port: proxy.port, host: '127.0.0.1' })
    client.on('error', () => {})
    ;[lost, meanwhile, calls] = [null, async () => {}, 0]
    sessions = flaskSessions(losing()).sessions
  })
  afterEach(async () => {
    client.disconnect()
    await proxy.stop()
  })

  function losing() {
    return {
      async evalsha(sha: string, ...asked: [number, ...string[]]) {
        if (sha !== lost?.sha) return client.evalsha(sha, ...asked)
        await k.server.ask('SCRIPT', 'LOAD', lost.text)
        lost = null
        const before = await callsOfServer()
        proxy.set({ toClient: 'swallow' })
        const answer = client.evalsha(sha, ...asked)
        await expect.poll(callsOfServer).toBe(before + 1)
        await meanwhile()
        proxy.set({ toClient: 'pass' })
        proxy.reset()
        const given = await answer
        calls = (await callsOfServer()) - before
        return given
      },
      eval: (...asked: Parameters<Redis['eval']>) => client.eval(...asked),
      hget: (name: string, field: string) => client.hget(name, field),
    }
  }

  const callsOfServer = async () => (await k.server.calls())['evalsha'] ?? 0

  const counted = (by: Sessions) =>
    request(by, cookie, (session) => session.update('n', (n: number | undefined) => (n ?? 0) + 1))

  it('is a renewal that continues under its new id', async () => {
    await signIn({ cart: 1 })
    const old = idOf()
    lost = removeIfUnchanged
    await visit(sessions, k.visitor, (session) => session.renew())
    expect(calls).toBe(2)
    expect(idOf()).not.toBe(old)
    expect(await k.kept.keys('session:*')).toEqual([`session:${idOf()}`])
    expect(await open()).toMatchObject({ userId: '7', outcome: 'active', data: { cart: 1 } })
    expect((await open(`session=${old}`)).outcome).toBe('ended')
  })

  it('is a renewal that continues if the ending of its old id is refused, and is written later', async () => {
    await signIn()
    const [old, hex] = [idOf(), await k.kept.hex(`session:${idOf()}`)]
    let refusals = 0
    const refusing: ReturnType<typeof losing> = {
      ...losing(),
      async evalsha(sha, ...asked) {
        if (sha === putIfAbsent.sha && asked[1]!.startsWith('sojourn:ended:') && ++refusals < 3)
          throw new Error('ECONNRESET')
        return client.evalsha(sha, ...asked)
      },
    }
    await visit(flaskSessions(refusing).sessions, k.visitor, (session) => session.renew())
    expect(await open()).toMatchObject({ userId: '7', outcome: 'active' })
    expect(await k.kept.keys('sojourn:ended:*')).toEqual([])
    await expect.poll(() => k.kept.keys('sojourn:ended:*'), { timeout: 4000 }).toHaveLength(1)
    expect(refusals).toBe(3)
    await k.kept.put(`session:${old}`, hex)
    expect((await open(`session=${old}`)).outcome).toBe('ended')
    expect(await k.kept.hex(`session:${old}`)).toBe('')
  })

  it('is counted once, whatever others count meanwhile', async () => {
    await k.kept.put(key, login)
    // From here on it knows what time it is there.
    await counted(sessions)
    lost = replaceIfUnchanged
    await counted(sessions)
    expect(calls).toBe(2)
    expect((await k.kept.values(key))['n']).toBe(2)

    lost = replaceIfUnchanged
    meanwhile = () => counted(k.world.sessions)
    await counted(sessions)
    expect((await k.kept.values(key))['n']).toBe(4)
  })

  it('is answered as done, also where it is sent again when its caller has gone', async () => {
    await k.kept.put(key, login)
    const { store } = flaskSession(losing())
    const { secretHash } = (await store.read(keyOf(sid))) as SessionRecord
    const update = (n: number, within: number) => {
      const change = { set: { n: String.fromCharCode(n) }, unset: [], lastSeenAt: 0, expiresAt: 100_000 }
      return store.update(keyOf(sid), { secretHash }, change, Date.now() + within)
    }
    await update(1, 5000)
    lost = replaceIfUnchanged
    meanwhile = () => setTimeout(500)
    expect(await update(2, 400)).toEqual(expect.any(Number))
    expect(calls).toBe(2)
    expect((await k.kept.values(key))['n']).toBe(2)
  })

  it('leaves nothing that stays, and nothing that looks like a record', async () => {
    await k.kept.put(key, login)
    await counted(sessions)
    const [call = '', ...others] = await k.kept.keys('sojourn:*')
    expect(others).toEqual([])
    expect(await k.kept.keys('session:*')).toEqual([key])
    // The store is given 5 seconds.
    expect(await k.kept.ttl(call)).toBeGreaterThan(5)
    expect(await k.kept.ttl(call)).toBeLessThanOrEqual(10)
  })

  it('is an end that is reported once', async () => {
    await k.kept.put(key, login)
    const [one, two] = [flaskSession(losing()).store, flaskSession(k.client).store]
    const ending = { ended: 'signed-out', endedAt: 1, expiresAt: 100_000 } as const
    const ends: unknown[] = []
    lost = putIfAbsent
    meanwhile = async () => ends.push(await two.end(keyOf(sid), ending))
    ends.push(await one.end(keyOf(sid), ending))
    expect(calls).toBeGreaterThan(1)
    expect(ends).toEqual([false, true])
    expect(await k.kept.keys('session:*')).toEqual([])
  })
})
