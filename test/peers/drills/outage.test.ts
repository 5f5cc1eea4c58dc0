import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { waitUntil } from '../../../scripts/servers/wait-until.mjs'
import { forEachOf, homeOf, startServer, visit, type Server, type What } from './server.ts'

const names = Array.from({ length: 100 }, (_, index) => `user-${index}`)
const atOnce = 10

/** The ways in which Redis stops, and how it comes back. */
const outages: Readonly<Record<string, (redis: RedisServer) => Promise<() => unknown>>> = {
  async freezes(redis) {
    redis.freeze()
    return () => redis.thaw()
  },
  async crashes(redis) {
    await redis.kill()
    return () => redis.restart()
  },
}

let redis: RedisServer
let server: Server

/** Starts Redis and a server before the tests, and stops them afterwards. */
function useServer(what: What, storeTimeout: number): void {
  beforeAll(async () => {
    redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    server = await startServer(what, redis.url, { storeTimeout })
  })
  afterAll(async () => {
    await server.stop()
    await redis.stop()
  })
}

/** Signs all visitors in. Returns their cookies by name. */
async function signInAll(): Promise<Map<string, string>> {
  const cookies = new Map<string, string>()
  await forEachOf(names, atOnce, async (name) => {
    cookies.set(name, (await visit(server, `/sign-in/${name}`)).cookie!)
  })
  return cookies
}

/** Waits until Redis answers again, and returns who is signed out. */
async function findSignedOut(cookies: ReadonlyMap<string, string>): Promise<string[]> {
  const [someone] = cookies.values()
  await waitUntil(async () => (await visit(server, '/', someone)).status === 200, 'Redis did not answer')
  const signedOut: string[] = []
  await forEachOf([...cookies], atOnce, async ([name, cookie]) => {
    if ((await homeOf(server, cookie)).userId !== name) signedOut.push(name)
  })
  return signedOut
}

describeRedis('the drop-in on redisStore', () => {
  useServer('the drop-in on redisStore', 2)

  it.each(Object.keys(outages))(
    'answers 503 and changes no cookie while Redis %s, and then all are signed in',
    { timeout: 120_000 },
    async (outage) => {
      const cookies = await signInAll()

      const end = await outages[outage]!(redis)
      const wrong: unknown[] = []
      await forEachOf([...cookies], atOnce, async ([name, cookie]) => {
        for (const path of ['/', '/basket/pen', `/sign-in/${name}`, '/sign-out']) {
          const answer = await visit(server, path, cookie)
          if (answer.status !== 503 || answer.cookie !== null) wrong.push([path, answer])
        }
      })
      expect(wrong).toEqual([])
      // Pages that do not change the session are there for visitors without a cookie.
      expect(await visit(server, '/')).toMatchObject({ status: 200, cookie: null })
      expect(await visit(server, '/sign-in/eve')).toMatchObject({ status: 503, cookie: null })

      await end()
      expect(await findSignedOut(cookies)).toEqual([])
    },
  )
})

// connect-redis waits for its client, and the client for Redis. So these answers come when the outage is over, or are errors.
describeRedis('the drop-in on connect-redis', () => {
  useServer('the drop-in on connect-redis', 2)

  it.each(Object.keys(outages))(
    'changes no cookie while Redis %s, and then all are signed in',
    { timeout: 120_000 },
    async (outage) => {
      const cookies = await signInAll()

      const end = await outages[outage]!(redis)
      const answers = [...cookies.values()].flatMap((cookie) =>
        ['/', '/basket/pen'].map(async (path) => visit(server, path, cookie)),
      )
      await end()
      const changed = (await Promise.all(answers)).filter(({ cookie }) => cookie !== null)
      expect(changed).toEqual([])
      expect(await findSignedOut(cookies)).toEqual([])
    },
  )
})
