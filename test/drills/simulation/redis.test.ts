import { afterAll, beforeAll, it } from 'vitest'
import { runSchedules } from '../../../src/testing/simulation/run-schedules.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { openRedisStore } from '../outages/stores.ts'
import { openBehindProxies } from './behind-proxies.ts'

const seed = Number(process.env['SEED'] ?? 1)
const repeat = (failed: number): string => `SEED=${failed} npm run drills -- simulation/redis`

describeRedis('the simulation with Redis, in real time', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('keeps every promise in 200 schedules', { timeout: 300_000 }, async () => {
    let opened = 0
    const open = async (servers: readonly string[]) => {
      const prefix = `${opened++}:`
      // A client of `redis` takes 40 ms of processor time to create. It has no `clientSideCache`, because what is read from that may be
      // a second old in a broken network, and the model counts an older value as lost.
      const way = opened % 5 === 0 ? 'redis' : 'ioredis'
      return openBehindProxies(server.port, servers, async (port) => openRedisStore(way, port, prefix))
    }
    await runSchedules(open, { schedules: 200, seed, atOnce: 100 }, repeat)
  })
})
