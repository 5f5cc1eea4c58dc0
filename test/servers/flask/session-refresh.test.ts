import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeFlask } from '../../support/servers/python.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { flaskSessions, recordsOf } from '../../support/flask-session-records.ts'
import { request, secret } from '../../support/sessions.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import { visitorOf } from '../../support/flask-servers/visitor.ts'

describeFlask('a session in Redis, where Flask does not refresh it with each request', () => {
  describeRedis('as docs/flask-session.md wants it', () => {
    let redis: RedisServer
    let flask: FlaskProcess

    beforeAll(async () => {
      redis = await startRedis()
      flask = await flaskProcess('session_app.py')
      await flask.start({
        SECRET_KEY: secret('shared'),
        REDIS_URL: redis.url,
        SESSION_REFRESH_EACH_REQUEST: 'false',
      })
    })
    afterAll(async () => {
      await flask.stop()
      await redis.stop()
    })

    it('lives on by requests here and by changes in Flask, and not by what only reads it there', async () => {
      const { sessions, close } = flaskSessions(redis.url)
      const visitor = visitorOf(flask.url)
      await visitor.post('/flask/login', { id: '1' })
      const key = `session:${visitor.cookies.get('session')}`
      const ttlAfter = async (use: () => Promise<unknown>): Promise<number> => {
        await redis.ask('EXPIRE', key, '1000')
        await use()
        return recordsOf(redis).ttl(key)
      }
      expect(await ttlAfter(() => visitor.get('/flask/whoami'))).toBeLessThanOrEqual(1000)
      expect(await ttlAfter(() => visitor.post('/flask/cart', { item: 'tea' }))).toBe(604_800)
      expect(await ttlAfter(() => request(sessions, visitor.cookies.cookie))).toBe(604_800)
      await close()
    })
  })
})
