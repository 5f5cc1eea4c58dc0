import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Sessions } from '../../../src/index.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { flaskSessions } from '../../support/flask-session-records.ts'
import { secret } from '../../support/sessions.ts'
import { inTime, latenessAfter, untilListening, tries } from '../../support/watching.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import { visitorOf } from '../../support/flask-servers/visitor.ts'

describeFlask('open resources here of a session that a user signed in to in Flask', () => {
  describeRedis('as Flask-Session keeps it', tries, () => {
    let redis: RedisServer
    let flask: FlaskProcess
    let sessions: Sessions
    let close: () => Promise<void>

    beforeAll(async () => {
      redis = await startRedis()
      flask = await flaskProcess('session_app.py')
      await flask.start({ SECRET_KEY: secret('shared'), REDIS_URL: redis.url })
      ;({ sessions, close } = flaskSessions(redis.url))
    })
    afterAll(async () => {
      await close()
      await flask.stop()
      await redis.stop()
    })

    it.concurrent.each([
      ['a sign-out', '/flask/logout'],
      ['a new id', '/flask/regenerated-login'],
    ])('fires at %s in Flask', async (_, path) => {
      const visitor = visitorOf(flask.url)
      await visitor.post('/flask/login', { id: '1' })
      const session = await sessions.open(visitor.cookies.cookie)
      expect(session.userId).toBe('1')
      const signal = sessions.watch(session)
      await untilListening()
      await visitor.post('/flask/cart', { item: 'tea' })
      await untilListening()
      expect(signal.aborted).toBe(false)
      expect(await latenessAfter(signal, () => visitor.post(path, { id: '1' }))).toBeLessThan(inTime)
      expect(signal.reason).toBe('ended')
    })
  })
})
