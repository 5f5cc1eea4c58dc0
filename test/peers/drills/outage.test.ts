import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { waitUntil } from '../../../scripts/servers/wait-until.mjs'
import { forEachOf, homeOf, startServer, visit, type Server } from './server.ts'

const visitors = 100
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

describeRedis('the drop-in on redisStore', () => {
  let redis: RedisServer
  let server: Server
  beforeAll(async () => {
    redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    server = await startServer('the drop-in on redisStore', redis.url, { storeTimeout: 2 })
  })
  afterAll(async () => {
    await server.stop()
    await redis.stop()
  })

  it.each(Object.keys(outages))(
    'answers 503 and changes no cookie while Redis %s, and then all are signed in',
    { timeout: 120_000 },
    async (outage) => {
      const cookies = new Map<string, string>()
      await forEachOf(
        Array.from({ length: visitors }, (_, index) => `user-${index}`),
        atOnce,
        async (name) => {
          cookies.set(name, (await visit(server, `/sign-in/${name}`)).cookie!)
        },
      )

      const end = await outages[outage]!(redis)
      const answers: unknown[] = []
      await forEachOf([...cookies], atOnce, async ([name, cookie]) => {
        for (const path of ['/', '/basket/pen', `/sign-in/${name}`, '/sign-out']) {
          const { status, cookie: set } = await visit(server, path, cookie)
          if (status !== 503 || set !== null) answers.push([path, status, set])
        }
      })
      expect(answers).toEqual([])
      // A visitor without a cookie sees pages that do not use the session.
      expect(await visit(server, '/')).toMatchObject({ status: 200, cookie: null })
      expect(await visit(server, '/sign-in/eve')).toMatchObject({ status: 503, cookie: null })

      await end()
      await waitUntil(
        async () => (await visit(server, '/', [...cookies.values()][0])).status === 200,
        'Redis is not back',
      )
      const signedOut: string[] = []
      await forEachOf([...cookies], atOnce, async ([name, cookie]) => {
        if ((await homeOf(server, cookie)).userId !== name) signedOut.push(name)
      })
      expect(signedOut).toEqual([])
    },
  )
})
