import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore, type RedisStore } from '../../../src/stores/redis/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { clients, families, type Connected } from '../../support/redis-clients.ts'
import { errorText } from '../../support/error-text.ts'
import { changeOf, newRecord, pause, revoked } from '../../support/records.ts'

const canary = () =>
  newRecord({ id: 'an-id', secretHash: 'canary', userId: 'canary', label: 'canary', data: { cart: '"canary"' } })

/** The errors that the store's calls reject with. */
async function errorsOf(store: RedisStore): Promise<unknown[]> {
  const record = canary()
  const change = changeOf({ set: { a: '"canary"' }, secretHash: 'canary', label: 'canary' })
  const asked = [
    store.create(record),
    store.create({ ...record, userId: null }),
    store.read(record),
    store.update(record, record, change),
    store.update(record, { secretHash: 'canary' }, change, Date.now() + 9000),
    store.end(record, revoked()),
    store.endAll('canary', revoked()),
    store.list('canary'),
    store.all()[Symbol.asyncIterator]().next(),
  ]
  const results = await Promise.allSettled(asked)
  return results.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
}

/** Clients that do not retry. */
const impatient: Readonly<Record<string, (port: number) => Promise<Connected>>> = {
  redis: clients['redis']!,
  'redis 5': clients['redis 5']!,
  'valkey-glide': clients['valkey-glide']!,
  async ioredis(port) {
    const client = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: 0 })
    client.on('error', () => {})
    return { client, close: () => client.disconnect() }
  },
  async iovalkey(port) {
    const client = new Valkey({ host: '127.0.0.1', port, maxRetriesPerRequest: 0 })
    client.on('error', () => {})
    return { client, close: () => client.disconnect() }
  },
}

describeRedis('an error', () => {
  let server: RedisServer
  let strange: RedisServer
  beforeAll(async () => {
    const without = ['EVALSHA', 'HGET', 'SCAN'].flatMap((name) => ['--rename-command', name, ''])
    ;[server, strange] = await Promise.all([startRedis(), startRedis({ args: without })])
    await server.ask('SET', 'sojourn:u:canary', 'of another type')
    await server.ask('SET', 'sojourn:g:an-id', 'of another type')
  })
  afterAll(() => Promise.all([server, strange].map((each) => each.stop())))

  describe.each(families)('of a client of %s', (name) => {
    it.each([
      ['whose keys have another type', () => server, 9],
      ['without its commands', () => strange, 9],
    ])('shows no stored value, from a server %s', async (_name, of, least) => {
      const { client, close } = await clients[name]!(of().port)
      const errors = await errorsOf(redisStore(client))
      close()
      expect(errors.length).toBeGreaterThanOrEqual(least)
      expect(errors.every((error) => error instanceof Error && error.message !== '')).toBe(true)
      for (const error of errors) expect(errorText(error)).not.toContain('canary')
    })
  })

  it.each(Object.entries(impatient))(
    'of a client of %s shows no stored value if the connection is lost',
    async (name, connect) => {
      const poor = await startRedis()
      const { client, close } = await connect(poor.port)
      const store = redisStore(client)
      await store.read(canary())
      poor.freeze()
      const asked = errorsOf(store)
      await pause(50)
      await poor.stop()
      const errors = await asked
      close()
      expect([name, errors.length]).toEqual([name, 9])
      for (const error of errors) expect(errorText(error)).not.toContain('canary')
    },
  )
})
