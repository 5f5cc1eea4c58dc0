import { afterAll, beforeAll } from 'vitest'
import { describeValkey, startRedis, valkeyServer, type RedisServer } from '../../support/servers/redis.ts'
import { clientsOf, omit, pick } from '../../support/redis-clients.ts'
import { connectionSuite } from '../../suites/connection.ts'
import { suiteByEachClient } from '../../suites/store-by-redis-client.ts'

describeValkey('redisStore on Valkey', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({ program: valkeyServer })
  })
  afterAll(() => server.stop())

  const clients = clientsOf(() => server.port)
  const variants = Object.keys(clients).filter((name) => /with bytes|^ioredis with|^redis 5 |Cache$/.test(name))
  suiteByEachClient(pick(clients, ['iovalkey']), () => 10)
  connectionSuite(omit(clients, ['iovalkey', ...variants]), {
    primaries: () => [server],
    reportsAddress: (name) => !/pool|^valkey-glide/.test(name),
  })
})
