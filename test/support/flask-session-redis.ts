import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Session } from '../../src/index.ts'
import { startRedis, type RedisServer } from './servers/redis.ts'
import { browser, type Browser } from './browser.ts'
import { flaskSessions, recordsOf } from './flask-session-records.ts'
import { visit } from './sessions.ts'

/** An id that Flask-Session made, its key and its cookie. */
export const sid = 'U0U6GcvH9gNR4TcJI3tgJQB7a_Wml0qrqgPV4Z6hraM'
export const key = `session:${sid}`
export const cookie = `session=${sid}`

/** `{'_permanent': True, 'person_id': 7}` */
export const login = '82aa5f7065726d616e656e74c3a9706572736f6e5f696407'

/** A Redis for the tests of a group, and for each of them sessions in it and a visitor. Empty before each. */
export function kit() {
  const k = {} as {
    server: RedisServer
    client: Awaited<ReturnType<typeof connected>>
    kept: ReturnType<typeof recordsOf>
    world: ReturnType<typeof flaskSessions>
    visitor: Browser
  }
  const connected = () => createClient({ url: k.server.url, RESP: 2 }).connect()

  beforeAll(async () => {
    k.server = await startRedis()
    k.client = await connected()
    k.kept = recordsOf(k.server)
  })
  afterAll(async () => {
    k.client.destroy()
    await k.server.stop()
  })
  beforeEach(() => {
    k.world = flaskSessions(k.client)
    k.visitor = browser()
  })
  afterEach(() => k.server.ask('FLUSHALL'))

  const act = (handle?: (session: Session) => void) => visit(k.world.sessions, k.visitor, handle)
  return {
    k,
    act,
    idOf: () => k.visitor.get('session')!,
    open: async (header: string | null = k.visitor.cookie) => k.world.sessions.open(header),
    signIn: (data: Record<string, unknown> = {}) =>
      act((session) => {
        session.signIn('7')
        Object.assign(session.data, data)
      }),
  }
}
