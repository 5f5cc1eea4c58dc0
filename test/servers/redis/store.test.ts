import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { clientsOf } from '../../support/redis-clients.ts'
import { suiteByEachClient } from '../../suites/store-by-redis-client.ts'

/** One client of each family runs every race to its end; others as often as shows that they do the same. */
const thorough = new Set(['redis', 'ioredis'])

describeRedis('redisStore', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  suiteByEachClient(
    clientsOf(() => server.port),
    (name) => (thorough.has(name) ? 1000 : 20),
  )

  it('keeps nothing for ever', async () => {
    const keys = (await server.ask('KEYS', '*')) as string[]
    expect(keys.length).toBeGreaterThan(1000)
    const lives = await Promise.all(keys.map(async (key) => Number(await server.ask('PTTL', key))))
    expect(lives.filter((life) => life === -1)).toEqual([])
  })
})
