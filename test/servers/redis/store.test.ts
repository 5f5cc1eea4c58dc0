import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { clientsOf, families, pick } from '../../support/redis-clients.ts'
import { suiteByEachClient } from '../../suites/store-by-redis-client.ts'

describeRedis('redisStore', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  // `drills/clients` checks `Connection` by the other clients.
  const clients = clientsOf(() => server.port)
  suiteByEachClient(pick(clients, families), (name) => (name === 'redis' ? 50 : 10))

  it('gives each key a time to live', async () => {
    const keys = (await server.ask('KEYS', '*')) as string[]
    expect(keys.length).toBeGreaterThan(1000)
    const lives = await Promise.all(keys.map(async (key) => Number(await server.ask('PTTL', key))))
    expect(lives.filter((life) => life === -1)).toEqual([])
  })
})
