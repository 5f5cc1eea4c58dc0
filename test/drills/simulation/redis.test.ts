import { Redis } from 'ioredis'
import { afterAll, beforeAll, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { runSchedules } from '../../simulation/simulate.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { openBehindProxies } from './behind-proxies.ts'

const seed = Number(process.env['SEED'] ?? 1)
const repeat = (failed: number): string => `SEED=${failed} npm run drills -- simulation/redis`

describeRedis('the simulation with Redis, in real time', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('keeps every promise in 200 schedules', { timeout: 120_000 }, async () => {
    let prefixes = 0
    const open = async (servers: readonly string[]) => {
      const prefix = `${prefixes++}:`
      return openBehindProxies(server.port, servers, (port) => {
        // A client of `redis` takes 40 ms of processor time to create, and there are 400.
        const client = new Redis(port)
        client.on('error', () => {})
        const store = redisStore(client, { prefix })
        return { store, close: () => store.close().then(() => client.disconnect()) }
      })
    }
    await runSchedules(open, { schedules: 200, seed, atOnce: 100 }, repeat)
  })
})
