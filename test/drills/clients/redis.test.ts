import { afterAll, beforeAll } from 'vitest'
import { connectionSuite } from '../../suites/connection.ts'
import { clientsOf, families, omit } from '../../support/redis-clients.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'

describeRedis('redisStore on Redis, by other clients', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  const clients = clientsOf(() => server.port)
  connectionSuite(omit(clients, families), {
    primaries: () => [server],
    reportsAddress: (name) => !/pool|^valkey-glide/.test(name),
  })
})
