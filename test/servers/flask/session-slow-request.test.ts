import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Session } from '../../../src/index.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { flaskSessions } from '../../support/flask-session-records.ts'
import { request, secret, visit } from '../../support/sessions.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import { visitorOf, type Visitor } from '../../support/flask-servers/visitor.ts'

describeFlask('a slow request in Flask, with a session in Redis that ends here meanwhile', () => {
  describeRedis.each([
    ['that refreshes each request', 'true', '/flask/slow'],
    ['that changes the session', 'false', '/flask/slow?change=1'],
  ])('%s', (_, SESSION_REFRESH_EACH_REQUEST, path) => {
    let redis: RedisServer
    let flask: FlaskProcess

    beforeAll(async () => {
      redis = await startRedis()
      flask = await flaskProcess('session_app.py')
      await flask.start({ SECRET_KEY: secret('shared'), REDIS_URL: redis.url, SESSION_REFRESH_EACH_REQUEST })
    })
    afterAll(async () => {
      await flask.stop()
      await redis.stop()
    })

    /** A user whose session has ended, or moved, during their request in Flask; and their earlier cookie. */
    async function meanwhile(act: (session: Session) => void): Promise<{ visitor: Visitor; old: string }> {
      const { sessions, close } = flaskSessions(redis.url)
      const visitor = visitorOf(flask.url)
      await visitor.post('/flask/login', { id: '1' })
      const old = visitor.cookies.cookie
      const answer = fetch(flask.url + path, { headers: { Cookie: old } })
      await (await fetch(`${flask.url}/flask/until-slow`)).text()
      await visit(sessions, visitor.cookies, act)
      expect(visitor.cookies.cookie).not.toBe(old)
      await (await fetch(`${flask.url}/flask/release`)).text()
      visitor.cookies.receive((await answer).headers)
      await close()
      return { visitor, old }
    }

    const inFlask = async (visitor: Visitor): Promise<unknown> =>
      (JSON.parse(await visitor.get('/flask/whoami')) as { person: unknown }).person

    /** The state of a process that remembers nothing. */
    async function here(cookie: string) {
      const { sessions, close } = flaskSessions(redis.url)
      const { outcome, userId } = await sessions.open(cookie)
      await close()
      return { outcome, userId }
    }

    it.each(['signOut', 'renew'] as const)(
      'brings back its record and its cookie after %s: it opens in Flask until it has come by here, and never here',
      async (act) => {
        const { visitor, old } = await meanwhile((session) => session[act]())
        expect(visitor.cookies.cookie).toBe(old)
        expect(await inFlask(visitor)).toBe(1)
        expect(await here(old)).toEqual({ outcome: 'ended', userId: null })
        expect(await inFlask(visitor)).toBeNull()
        const { sessions, close } = flaskSessions(redis.url)
        await request(sessions, old, (session) => session.signIn('1'))
        await close()
        expect(await here(old)).toEqual({ outcome: 'ended', userId: null })
      },
    )
  })
})
