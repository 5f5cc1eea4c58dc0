import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { organizerProcess, type OrganizerProcess } from '../../../organizer/test/browser/server.ts'
import { createSidSigner } from '../../../src/flask/sid.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { recordsOf } from '../../support/flask-session-records.ts'
import { secret } from '../../support/sessions.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import { oneHost, type OneHost } from '../../support/http-proxy.ts'
import { visitorOf, type Visitor } from '../../support/flask-servers/visitor.ts'

const demo = { email: 'john.smith@example.com', password: 'password123', remember: 'on' }
const login = '/organizer/login'
const dashboard = '/organizer/'
const supper = { title: 'Supper', date: '2030-12-24', time: '18:30', place: 'Kitchen', description: '' }

describeFlask('Flask-Session and the organizer on one host', () => {
  describeRedis.each([
    ['as it comes', {}],
    ['with the signer, and JSON', { SESSION_USE_SIGNER: 'true', SESSION_SERIALIZATION_FORMAT: 'json' }],
    ['not refreshing each request', { SESSION_REFRESH_EACH_REQUEST: 'false' }],
  ])('%s', (_, settings) => {
    let redis: RedisServer
    let flask: FlaskProcess
    let organizer: OrganizerProcess
    let host: OneHost
    let visitor: Visitor

    const isRefreshing = !('SESSION_REFRESH_EACH_REQUEST' in settings)

    beforeAll(async () => {
      // An answered request survives a crash.
      redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
      flask = await flaskProcess('session_app.py')
      organizer = await organizerProcess()
      const env = { SECRET_KEY: secret('shared'), REDIS_URL: redis.url, ...settings }
      await flask.start(env)
      await organizer.start({ SESSION_TYPE: 'flask-redis', ...env })
      host = await oneHost(flask.url, organizer.url)
    })

    afterAll(async () => {
      await host.stop()
      await flask.stop()
      await organizer.remove()
      await redis.stop()
    })

    it('share a sign-in that began in Flask', async () => {
      for (const path of ['/flask/login', '/flask/regenerated-login']) {
        await signInToFlask(path)
        await expectSignedIn()
        // Nothing but Flask-Session's own cookie.
        expect(visitor.cookies.cookie).toMatch(/^session=[\w-]{43}(\.[\w-]{27})?$/)
      }
    })

    it('share a sign-in that began in the organizer, by the same number', async () => {
      await signInToOrganizer()
      await expectSignedIn()
      expect(await whoami()).toEqual({ person: 1, permanent: true })
    })

    it('sign a guest of Flask in under a new id, without what they have in Flask', async () => {
      visitor = visitorOf(host.url)
      await visitor.post('/flask/cart', { item: 'tea' })
      const { cookie } = visitor.cookies
      await visitor.submit(login, login, demo)
      expect(visitor.cookies.cookie).not.toBe(cookie)
      // The organizer keeps its own data, and Flask starts with none.
      expect(await cart()).toEqual([])
      await expectSignedIn()
    })

    it('share a sign-out from Flask', async () => {
      for (const path of ['/flask/logout', '/flask/forget']) {
        for (const signIn of [signInToFlask, signInToOrganizer]) {
          await signIn()
          await expectSignedIn()
          await visitor.post(path)
          await expectSignedOut()
        }
      }
    })

    it('share a sign-out from the organizer', async () => {
      for (const signIn of [signInToFlask, signInToOrganizer]) {
        await signIn()
        const { cookie } = visitor.cookies
        await visitor.submit(dashboard, '/organizer/logout')
        await expectSignedOut()
        const copied = visitorOf(host.url)
        copied.cookies.put('session', cookie.slice('session='.length))
        expect(JSON.parse(await copied.get('/flask/whoami'))).toMatchObject({ person: null })
        expect(await copied.ledTo(dashboard)).toMatch(login)
      }
    })

    it('read what the other wrote', async () => {
      await signInToFlask()
      await visitor.post('/flask/cart', { item: 'tea' })
      await visitor.submit('/organizer/events/new', '/organizer/events', supper)
      await visitor.get(dashboard)
      await visitor.post('/flask/cart', { item: 'jam' })
      await visitor.get(dashboard)
      expect(await cart()).toEqual(['tea', 'jam'])
      await visitor.post('/flask/flash', { message: 'From Flask, with <é>', category: 'success' })
      expect(await visitor.get(dashboard)).toContain('From Flask, with &lt;é&gt;')
      expect(await visitor.get(dashboard)).not.toContain('From Flask')
      await visitor.submit('/organizer/events/new', '/organizer/events', supper)
      expect(await messages()).toEqual([['success', '“Supper” is on your list.']])
      expect(await visitor.get(dashboard)).not.toContain('is on your list')
    })

    it('share a message for the guest after a sign-out', async () => {
      await signInToFlask()
      await visitor.submit(dashboard, '/organizer/logout')
      expect(await messages()).toEqual([['success', 'You are signed out.']])
    })

    it('stay signed in when Redis has crashed and is back', async () => {
      await signInToOrganizer()
      await redis.restart()
      await expect.poll(() => visitor.get('/organizer/').catch(String), { timeout: 10_000 }).toContain('Hello, John')
      await expectSignedIn()
    }, 30_000)

    it('take a visitor with pickle of an older Flask-Session for a guest, until Flask has written it again', async () => {
      const sid = randomUUID()
      // {'_permanent': True, 'person_id': 1}
      const pickle = '80049521000000000000007d94288c0a5f7065726d616e656e7494888c09706572736f6e5f6964944b01752e'
      await recordsOf(redis).put(`session:${sid}`, pickle)
      visitor = visitorOf(host.url)
      const cookie = 'SESSION_USE_SIGNER' in settings ? createSidSigner([Buffer.from(secret('shared'))]).sign(sid) : sid
      visitor.cookies.put('session', cookie)
      expect(await visitor.ledTo(dashboard)).toMatch(login)
      expect(visitor.cookies.get('session')).toBe(cookie)
      expect(await recordsOf(redis).hex(`session:${sid}`)).toBe(pickle)
      await visitor.post('/flask/again')
      await expectSignedIn()
    })

    // A request of Flask's that never looks at the session, and was under way.
    it('stay signed out here, whatever a slow request of Flask writes back', async () => {
      await signInToOrganizer()
      const { cookie } = visitor.cookies
      const finish = await slowRequest()
      await visitor.submit(dashboard, '/organizer/logout')
      await finish()

      const copied = visitorOf(host.url)
      copied.cookies.put('session', cookie.slice('session='.length))
      // Flask-Session has written the session back: in Flask, its person is in again. Nothing here can help that …
      expect(await revived(cookie)).toBe(isRefreshing)
      // … but here they are not, and from then on they are in neither.
      expect(await copied.ledTo(dashboard)).toMatch(login)
      expect(await revived(cookie)).toBe(false)
      expect(JSON.parse(await copied.get('/flask/whoami'))).toMatchObject({ person: null })
    })

    it('lose what was written while a slow request of Flask was under way, only if it refreshes each', async () => {
      await signInToOrganizer()
      await visitor.post('/flask/cart', { item: 'tea' })
      const finish = await slowRequest()
      await visitor.submit('/organizer/events/new', '/organizer/events', supper)
      await finish()
      expect(await messages()).toHaveLength(isRefreshing ? 0 : 1)
    })

    /** Begins a request that has opened its session and takes its time; what it gives ends it. */
    async function slowRequest(): Promise<() => Promise<void>> {
      const answer = fetch(`${flask.url}/flask/slow`, { headers: { Cookie: visitor.cookies.cookie } })
      await (await fetch(`${flask.url}/flask/until-slow`)).text()
      return async () => {
        await (await fetch(`${flask.url}/flask/release`)).text()
        await (await answer).text()
      }
    }

    /** Whether there is a record of the session that a cookie names. */
    async function revived(cookie: string): Promise<boolean> {
      const [, sid] = /^session=([\w-]+)/.exec(cookie)!
      return (await redis.ask('EXISTS', `session:${sid}`)) === 1
    }

    async function signInToFlask(path = '/flask/login'): Promise<void> {
      visitor = visitorOf(host.url)
      await visitor.post(path, { id: '1' })
    }

    async function signInToOrganizer(): Promise<void> {
      visitor = visitorOf(host.url)
      await visitor.submit(login, login, demo)
    }

    async function expectSignedIn(): Promise<void> {
      expect(await visitor.get(dashboard)).toContain('Hello, John')
      expect(await whoami()).toMatchObject({ person: 1 })
    }

    async function expectSignedOut(): Promise<void> {
      expect(await visitor.ledTo(dashboard)).toMatch(login)
      expect(await whoami()).toMatchObject({ person: null })
    }

    const whoami = async (): Promise<unknown> => JSON.parse(await visitor.get('/flask/whoami'))
    const messages = async (): Promise<unknown> => JSON.parse(await visitor.get('/flask/flashes'))
    const cart = async (): Promise<unknown> => JSON.parse(await visitor.get('/flask/cart'))
  })
})
