import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { ForeignSessions } from '../../../src/cookies/foreign.ts'
import { fromFlask } from '../../../src/flask/from/flask.ts'
import { fromFlaskSession } from '../../../src/flask/from/flask-session.ts'
import { createSessions, type SessionEvent, type SessionsOptions } from '../../../src/index.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import type { Visitor } from '../../support/flask-servers/visitor.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { secret, secrets } from '../../support/sessions.ts'
import { copyOf, shopAt, signedInToFlask, type Shop } from '../../support/flask-servers/shop.ts'

const people = Array.from({ length: 40 }, (_, index) => index + 1)
const secretKey = secret('shared')
const signer = { SESSION_USE_SIGNER: 'true', SESSION_SERIALIZATION_FORMAT: 'json' }
const production = { secure: true }
const development = { secure: false }
const byFlask = () => fromFlask({ secretKey })
const byFallback = () => fromFlask({ secretKey: secret('newer'), secretKeyFallbacks: [secretKey] })
const storeFromUrl = (redis: RedisServer) => fromFlaskSession(redis.url)
const bySigner = (redis: RedisServer) => fromFlaskSession(redis.url, { useSigner: true, secretKey })

describeFlask('whom Flask signed in, when ours is in its place', () => {
  describeRedis.each([
    ['in production, from Flask', 'app.py', {}, production, byFlask],
    ['in development, from Flask, by a key that is a fallback by now', 'app.py', {}, development, byFallback],
    ['in production, from Flask-Session', 'session_app.py', {}, production, storeFromUrl],
    ['in development, from Flask-Session with its signer and JSON', 'session_app.py', signer, development, bySigner],
  ])('%s', (_, app, env, cookie, readerOf) => {
    let redis: RedisServer
    let flask: FlaskProcess
    let client: ReturnType<typeof clientOf>
    let reader: ForeignSessions & { close?(): Promise<void> }
    let visitors: Visitor[]
    let shop: Shop
    let events: SessionEvent[]

    const clientOf = () => createClient({ url: redis.url })
    const eventsOf = (type: string) => events.filter((event) => event.type === type)

    beforeAll(async () => {
      redis = await startRedis({ args: ['--appendonly', 'yes'] })
      client = clientOf()
      await client.connect()
      reader = readerOf(redis)
      flask = await flaskProcess(app)
      await flask.start({ SECRET_KEY: secretKey, REDIS_URL: redis.url, ...env })
      visitors = await Promise.all(people.map((person) => signedInToFlask(flask.url, person)))
      await flask.stop()
    })

    afterAll(async () => {
      shop?.close()
      await reader.close?.()
      client.destroy()
      await redis.stop()
    })

    beforeEach(async () => {
      shop?.close()
      await open({ store: redisStore(client) })
    })

    const name = cookie.secure ? '__Host-Http-session' : 'session'
    const namesOf = ({ cookies }: Visitor) => cookies.cookie.replaceAll(/=[^;]*/g, '')

    async function open(options: SessionsOptions): Promise<void> {
      events = []
      const onEvent = (event: SessionEvent) => void events.push(event)
      const sessions = createSessions({ secrets, cookie, accept: [reader], storeTimeout: 5, onEvent, ...options })
      shop = await shopAt(flask.url, sessions, cookie.secure ? 'https' : 'http')
    }

    it('continues from the foreign cookie, if there is no store', async () => {
      shop.close()
      await open({})
      const copies = visitors.map((visitor) => copyOf(visitor, flask.url))
      const seen = await Promise.all(copies.map((visitor) => visitor.get('/flask/whoami')))
      expect(seen.map((text) => JSON.parse(text).person)).toEqual(people)
      expect(new Set(copies.map(namesOf))).toEqual(new Set([name]))
      await copies[0]!.post('/flask/logout')
      expect(await whoami(copyOf(visitors[0]!, flask.url))).toBeNull()
    })

    it('is asked to try again while our store does not answer, and keeps the foreign cookie', async () => {
      shop.close()
      await open({ store: redisStore(client), storeTimeout: 0.1 })
      const { cookies } = visitors[0]!
      redis.freeze()
      const answer = await fetch(`${flask.url}/flask/whoami`, { headers: { Cookie: cookies.cookie } })
      redis.thaw()
      expect(answer.status).toBe(503)
      expect(answer.headers.getSetCookie()).toEqual([])
    })

    it('is still signed in, with what they had, and moved once though three requests come at once', async () => {
      const old = visitors.map((visitor) => copyOf(visitor, flask.url))
      const seen = await Promise.all(
        visitors.flatMap((visitor) =>
          [1, 2, 3].map(() => visitor.get('/flask/whoami').then((text) => JSON.parse(text))),
        ),
      )
      expect(seen.map(({ person }) => person)).toEqual(people.flatMap((person) => [person, person, person]))
      for (const { value } of seen)
        expect(value).toEqual({ list: [{ pair: ['eA==', [null, true]] }, []], '10': 1, '9': {} })
      expect(eventsOf('adopted').length).toBe(people.length)
      expect(new Set(eventsOf('adopted').map((event) => 'userId' in event && event.userId)).size).toBe(people.length)

      // The foreign cookie is gone, and ours works.
      expect(new Set(visitors.map(namesOf))).toEqual(new Set([name]))
      const messages = await Promise.all(visitors.map((visitor) => visitor.get('/flask/flashes')))
      for (const [at, visitor] of visitors.entries()) {
        expect(visitor.cookies.cookie).not.toContain(old[at]!.cookies.get('session'))
        const message = { category: 'info', message: `Hello, ${at + 1} <é>` }
        expect(JSON.parse(messages[at]!)).toMatchObject({ person: at + 1, messages: [message] })
      }
      expect(eventsOf('adopted').length).toBe(people.length)

      // Half of them sign out, and what they had of Flask is of no more use than ours.
      const leaving = visitors.slice(0, 20)
      const ours = leaving.map((visitor) => copyOf(visitor, flask.url))
      await Promise.all(leaving.map((visitor) => visitor.post('/flask/logout')))
      expect(leaving.map(namesOf)).toEqual(leaving.map(() => ''))
      const left = await Promise.all([...leaving, ...ours, ...old.slice(0, 20)].map(whoami))
      expect(left).toEqual(left.map(() => null))
      expect(await Promise.all(old.slice(20).map(whoami))).toEqual(people.slice(20))
      expect(eventsOf('adopted').length).toBe(people.length)
    })

    const whoami = async (visitor: Visitor) => JSON.parse(await visitor.get('/flask/whoami')).person as number | null
  })
})
