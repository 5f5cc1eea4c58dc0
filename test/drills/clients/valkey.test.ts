import { afterAll, beforeAll } from 'vitest'
import { describeValkey, startRedis, valkeyServer, type RedisServer } from '../../support/servers/redis.ts'
import { clientsOf } from '../../support/redis-clients.ts'
import { suiteByEachClient } from '../../suites/store-by-redis-client.ts'

describeValkey('redisStore on Valkey', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({ program: valkeyServer })
  })
  afterAll(() => server.stop())

  const variants = /with bytes|^ioredis with|^redis 5 |Cache$/
  const each = Object.entries(clientsOf(() => server.port)).filter(([name]) => !variants.test(name))
  suiteByEachClient(Object.fromEntries(each), () => 10)
})
