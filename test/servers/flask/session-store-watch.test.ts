import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SessionsOptions } from '../../../src/index.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { browser } from '../../support/browser.ts'
import { flaskSessions } from '../../support/flask-session-records.ts'
import { visit } from '../../support/sessions.ts'
import { atOnce, inTime, latenessAfter, untilListening, untilFired, tries } from '../../support/watching.ts'

describeRedis('a session of flaskSession that is watched', tries, () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connected>>
  const connected = () => createClient({ url: server.url, RESP: 2 }).connect()
  beforeAll(async () => {
    server = await startRedis()
    client = await connected()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  /** A signed-in user whose session is watched at one server, and used at another. */
  async function watched(options: SessionsOptions = {}) {
    const [here, there] = [flaskSessions(client, {}, options), flaskSessions(client, {}, options)]
    const visitor = browser()
    await visit(here.sessions, visitor, (session) => session.signIn('7'))
    const until = new AbortController()
    const session = await here.sessions.open(visitor.cookie)
    const signal = here.sessions.watch(session, { until: until.signal })
    const id = visitor.get('session')!
    return { here, there, visitor, signal, id, leave: () => until.abort() }
  }

  it.concurrent('is known to be there as long as it is', async () => {
    const { signal, leave } = await watched()
    await untilListening()
    await untilListening()
    expect(signal.aborted).toBe(false)
    leave()
  })

  it.concurrent('fires at a sign-out at another server', async () => {
    const { there, visitor, signal } = await watched()
    await untilListening()
    const signOut = () => visit(there.sessions, visitor, (session) => session.signOut())
    expect(await latenessAfter(signal, signOut)).toBeLessThan(inTime)
    expect(signal.reason).toBe('ended')
  })

  it.concurrent('fires at a sign-out in Flask, which removes the record', async () => {
    const { id, signal } = await watched()
    await untilListening()
    const remove = async () => expect(await server.ask('DEL', `session:${id}`)).toBe(1)
    expect(await latenessAfter(signal, remove)).toBeLessThan(inTime)
    expect(signal.reason).toBe('ended')
  })

  it.concurrent('fires when it has not been used for idleTimeout, and not before', async () => {
    const began = Date.now()
    const { signal } = await watched({ idleTimeout: 2, touchAfter: 1 })
    expect(await latenessAfter(signal, () => pause(2000))).toBeLessThan(inTime)
    expect(Date.now() - began).toBeGreaterThanOrEqual(2000)
    expect(['ended', 'expired']).toContain(signal.reason)
  })

  it.concurrent.each([
    ['by its own server', 'here'],
    ['by another server', 'there'],
  ] as const)('follows a renewal %s, and is watched under its new id', async (_by, where) => {
    const { here, there, visitor, signal, id } = await watched()
    await untilListening()
    const { sessions } = { here, there }[where]
    const renew = () => visit(sessions, visitor, (session) => session.renew())
    expect(await latenessAfter(signal, renew)).toBeLessThan(where === 'here' ? atOnce : inTime)
    expect(signal.reason).toBe('renewed')
    expect((await there.sessions.open(`session=${id}`)).outcome).toBe('ended')

    const now = here.sessions.watch(await here.sessions.open(visitor.cookie))
    await untilListening()
    expect(now.aborted).toBe(false)
    const signOut = () => visit(there.sessions, visitor, (session) => session.signOut())
    expect(await latenessAfter(now, signOut)).toBeLessThan(inTime)
    expect(now.reason).toBe('ended')
  })

  it.concurrent('follows its renewal, and does not fire between its record and its ending', async () => {
    const { visitor, signal } = await watched()
    await untilListening()
    let isPast = false
    const pausing = flaskSessions({
      eval: (...asked: Parameters<typeof client.eval>) => client.eval(...asked),
      async evalSha(sha: string, options: { keys: string[]; arguments: string[] }) {
        if (options.keys[0]!.startsWith('sojourn:ended:') && options.arguments.length > 2) {
          await untilListening()
          isPast = true
        }
        return client.evalSha(sha, options)
      },
      hGet: (key: string, field: string) => client.hGet(key, field),
    })
    const renewed = visit(pausing.sessions, visitor, (session) => session.renew())
    await untilFired(signal)
    expect([isPast, signal.reason]).toEqual([false, 'renewed'])
    await renewed
  })

  it.concurrent('fires at a sign-out by the cookie that it had before', async () => {
    const { here, there, visitor } = await watched()
    const late = await there.sessions.open(visitor.cookie)
    await visit(here.sessions, visitor, (session) => session.renew())
    const signal = here.sessions.watch(await here.sessions.open(visitor.cookie))
    await untilListening()
    late.signOut()
    expect(await latenessAfter(signal, () => there.sessions.commit(late))).toBeLessThan(inTime)
    expect(signal.reason).toBe('ended')
  })
})
