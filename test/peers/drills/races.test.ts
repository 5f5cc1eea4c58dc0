import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { random } from '../../support/random.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { forEachOf, homeOf, startServer, visit, type What } from './server.ts'

const atOnce = 10

describeRedis('a sign-out in one process, while a slow request of another one writes', () => {
  let redis: RedisServer
  let proxy: TcpProxy
  beforeAll(async () => {
    redis = await startRedis()
    proxy = await startTcpProxy(redis.port)
    // As between two machines, so that calls of two processes meet.
    proxy.set({ delayMs: 1 })
  })
  afterAll(async () => {
    await proxy.stop()
    await redis.stop()
  })

  /** Returns how many sessions were open again after both requests. */
  async function race(what: What, rounds: number): Promise<number> {
    const url = `redis://127.0.0.1:${proxy.port}`
    const [one, other] = await Promise.all([startServer(what, url), startServer(what, url)])
    let revived = 0
    const names = Array.from({ length: rounds }, (_, round) => `user-${round}`)
    await forEachOf(names, atOnce, async (name) => {
      const cookie = (await visit(one, `/sign-in/${name}`)).cookie!
      const slow = visit(one, '/slow/20', cookie)
      await pause(random() * 40)
      await visit(other, '/sign-out', cookie)
      await slow
      const homes = await Promise.all([homeOf(one, cookie), homeOf(other, cookie)])
      if (homes.some(({ userId }) => userId !== null)) revived++
    })
    await Promise.all([one.stop(), other.stop()])
    // Not console.log, which is hidden if a test passes.
    process.stdout.write(`${what}: ${revived} of ${rounds} sessions were open again\n`)
    return revived
  }

  it.each<[number, What]>([
    [200, 'the drop-in on connect-redis'],
    [200, 'the drop-in on connect-redis without marks'],
    [400, 'the drop-in on another store'],
    [200, 'the drop-in on redisStore'],
    [50, 'the koa drop-in on a store of koa-session'],
    [50, 'the koa drop-in on redisStore'],
    [50, 'the Fastify drop-in on connect-redis'],
    [50, 'the Fastify drop-in on redisStore'],
  ])('revives none of %d sessions with %s', { timeout: 240_000 }, async (rounds, what) => {
    expect(await race(what, rounds)).toBe(0)
  })

  // These show that the races were real.
  it.each<[number, What]>([
    [100, 'express-session'],
    [200, 'the drop-in on another store without marks'],
    [50, 'koa-session'],
    [50, 'the koa drop-in on such a store without marks'],
    [50, '@fastify/session'],
  ])('revives some of %d sessions with %s', { timeout: 240_000 }, async (rounds, what) => {
    expect(await race(what, rounds)).toBeGreaterThan(0)
  })
})
