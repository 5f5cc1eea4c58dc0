import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ForeignSessions } from '../../../src/cookies/foreign.ts'
import { fromFlask } from '../../../src/flask/from/flask.ts'
import { fromFlaskSession } from '../../../src/flask/from/flask-session.ts'
import { createSessions } from '../../../src/index.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import { startHttpProxy, type HttpProxy } from '../../../scripts/servers/http-proxy.mjs'
import { visitorOf, type Visitor } from '../../support/flask-servers/visitor.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { secret, secrets, secure } from '../../support/sessions.ts'
import { shopAt, type Shop } from '../../support/flask-servers/shop.ts'

const people = Array.from({ length: 20 }, (_, index) => index + 1)
const secretKey = secret('shared')

type ReaderOf = (redis: RedisServer, keepCookie: boolean) => ForeignSessions & { close?(): Promise<void> }
const byCookie: ReaderOf = (_, keepCookie) => fromFlask({ secretKey, keepCookie })
const byRecord: ReaderOf = ({ url }, keepCookie) => fromFlaskSession(url, { keepCookie })

describeFlask('while servers of Flask are replaced by ours, one after another', () => {
  describeRedis.each([
    ['Flask', 'app.py', byCookie],
    ['Flask-Session', 'session_app.py', byRecord],
  ])('from %s', (_, app, readerOf) => {
    let redis: RedisServer
    let client: ReturnType<typeof clientOf>
    let servers: FlaskProcess[]
    let host: HttpProxy
    /** Which servers get requests, in turns. */
    let targets: string[]
    let adopted = 0
    const shops = new Map<FlaskProcess, Shop>()
    const readers = new Set<ReturnType<ReaderOf>>()

    const clientOf = () => createClient({ url: redis.url })
    const env = () => ({ SECRET_KEY: secretKey, REDIS_URL: redis.url })
    const urls = (some: readonly FlaskProcess[]) => some.map(({ url }) => url)

    beforeAll(async () => {
      redis = await startRedis({ args: ['--appendonly', 'yes'] })
      client = clientOf()
      await client.connect()
      servers = await Promise.all([1, 2, 3].map(() => flaskProcess(app)))
      await Promise.all(servers.map((server) => server.start(env())))
      targets = urls(servers)
      let turn = 0
      host = await startHttpProxy(() => targets[turn++ % targets.length]!)
    })

    afterAll(async () => {
      await host?.stop()
      for (const shop of shops.values()) shop.close()
      await Promise.all([...readers].map((reader) => reader.close?.()))
      await Promise.all(servers.filter((server) => !shops.has(server)).map((server) => server.stop()))
      client.destroy()
      await redis.stop()
    })

    async function swap(server: FlaskProcess, keepCookie = true): Promise<void> {
      targets = urls(servers.filter((each) => each !== server))
      await server.stop()
      const reader = readerOf(redis, keepCookie)
      readers.add(reader)
      const onEvent = ({ type }: { type: string }) => void (type === 'adopted' && adopted++)
      const options = { secrets, cookie: secure, accept: [reader], storeTimeout: 5, onEvent }
      shops.set(server, await shopAt(server.url, createSessions({ ...options, store: redisStore(client) }), 'https'))
      targets = urls(servers)
    }

    async function swapBack(server: FlaskProcess): Promise<void> {
      targets = urls(servers.filter((each) => each !== server))
      shops.get(server)!.close()
      shops.delete(server)
      await server.start(env())
      targets = urls(servers)
    }

    const whoIs = async (visitor: Visitor) => JSON.parse(await visitor.get('/flask/whoami')).person as number | null

    /** Asks at a server by itself. */
    async function at<Answer>(server: FlaskProcess, ask: () => Promise<Answer>): Promise<Answer> {
      targets = [server.url]
      try {
        return await ask()
      } finally {
        targets = urls(servers)
      }
    }

    async function signedIn(person: number): Promise<Visitor> {
      const visitor = visitorOf(host.url)
      await visitor.post('/flask/login', { id: String(person) })
      return visitor
    }

    /** Whom each server takes them for. */
    async function seen(visitor: Visitor): Promise<(number | null)[]> {
      const persons: (number | null)[] = []
      for (const server of servers) persons.push(await at(server, () => whoIs(visitor)))
      return persons
    }

    it('signs nobody out, back and forth, and moves each once', async () => {
      const visitors = await Promise.all(people.map(signedIn))
      const [first, second, third] = servers as [FlaskProcess, FlaskProcess, FlaskProcess]
      const steps = [
        () => swap(first),
        () => swap(second),
        () => swapBack(second),
        () => swapBack(first),
        () => swap(first),
        () => swap(second),
        () => swap(third),
      ]
      for (const step of steps) {
        await step()
        for (let times = 0; times < 4; times++) expect(await Promise.all(visitors.map(whoIs))).toEqual(people)
      }
      expect(adopted).toBe(people.length)
    })

    it('signs out everywhere who signs out at ours; who does at Flask, there alone', async () => {
      const [first, second] = servers as [FlaskProcess, FlaskProcess, FlaskProcess]
      await swapBack(first)
      await swapBack(second)
      const third = servers[2]!
      const [one, other] = await at(first, () => Promise.all([signedIn(1), signedIn(2)]))
      expect([await seen(one), await seen(other)]).toEqual([
        [1, 1, 1],
        [2, 2, 2],
      ])
      await at(third, () => one.post('/flask/logout'))
      expect(one.cookies.cookie).toBe('')
      expect(await seen(one)).toEqual([null, null, null])
      await at(second, () => other.post('/flask/logout'))
      expect(await seen(other)).toEqual([null, null, 2])
      await at(third, () => other.post('/flask/logout'))
      // A user who signs in again at Flask is signed in at ours; its cookie would be the same within one second.
      await new Promise((resolve) => setTimeout(resolve, 1000))
      await at(second, () => other.post('/flask/login', { id: '2' }))
      expect(await seen(other)).toEqual([2, 2, 2])
    })

    it('deletes the cookie of Flask, unless configured otherwise, so that its servers know nobody any more', async () => {
      const third = servers[2]!
      await swapBack(third)
      await swap(third, false)
      const visitor = await at(servers[0]!, () => signedIn(3))
      expect(await at(third, () => whoIs(visitor))).toBe(3)
      expect(await seen(visitor)).toEqual([null, null, 3])
    })

    it('moves each once, though two of ours are asked at once', async () => {
      const [first, second, third] = servers as [FlaskProcess, FlaskProcess, FlaskProcess]
      for (const server of shops.keys()) await swapBack(server)
      // Others than before: Flask writes the same cookie twice within one second.
      const others = people.map((person) => person + 100)
      const visitors = await at(first, () => Promise.all(others.map(signedIn)))
      await swap(second)
      await swap(third)
      targets = urls([second, third])
      adopted = 0
      const persons = await Promise.all(visitors.map((visitor) => Promise.all([1, 2, 3, 4].map(() => whoIs(visitor)))))
      expect(persons).toEqual(others.map((person) => [person, person, person, person]))
      expect(adopted).toBe(others.length)
      expect(await Promise.all(visitors.map(whoIs))).toEqual(others)
    })
  })
})
