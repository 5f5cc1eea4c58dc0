import { createClient } from 'redis'
import { expect, it, vi } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { isEnding, type SessionRecord } from '../../../src/stores/store.ts'
import { newRecord, revoked } from '../../support/records.ts'
import { describeRedis, describeValkey, redisServer, startRedis, valkeyServer } from '../../support/servers/redis.ts'

const policies = ['allkeys-lru', 'allkeys-random', 'volatile-lru', 'volatile-ttl']

for (const [name, describeServer, program, tried] of [
  ['Redis', describeRedis, redisServer, policies],
  ['Valkey', describeValkey, valkeyServer, policies.slice(0, 1)],
] as const) {
  describeServer(`${name} whose memory is full`, () => {
    it.each(tried)('drops all sessions of a user or none, by %s', async (policy) => {
      vi.spyOn(console, 'warn').mockImplementation(() => {})
      const server = await startRedis({ program, args: ['--maxmemory-policy', policy] })
      const client = await createClient({ url: server.url }).connect()
      const store = redisStore(client)
      const users = Array.from({ length: 400 }, (_, at) => `user-${at}`)
      const sessions = new Map<string, SessionRecord[]>(users.map((userId) => [userId, []]))
      const used = Number(/used_memory:(\d+)/.exec(String(await server.ask('INFO', 'memory')))![1])
      await server.ask('CONFIG', 'SET', 'maxmemory', String(used + 500_000))
      try {
        for (let at = 0; at < 5; at++) {
          for (const userId of users) {
            const record = newRecord({ userId, data: { text: 'x'.repeat(at * 100) } })
            await store.create(record)
            sessions.get(userId)!.push(record)
          }
        }
        expect(Number(/evicted_keys:(\d+)/.exec(String(await server.ask('INFO', 'stats')))![1])).toBeGreaterThan(100)
        // From now on nothing is evicted, because that could happen between two reads of one user.
        await server.ask('CONFIG', 'SET', 'maxmemory', '0')

        for (const [userId, records] of sessions) {
          const found = await Promise.all(records.map((record) => store.read(record)))
          const live = records.filter((_, at) => found[at] !== null)
          // Those that were created before an eviction are gone, and all later ones are there.
          expect(live).toEqual(records.slice(records.length - live.length))
          expect((await store.list(userId)).map(({ id }) => id).toSorted()).toEqual(live.map(({ id }) => id).toSorted())
          const { ended } = await store.endAll(userId, revoked())
          const left = await Promise.all(records.map((record) => store.read(record)))
          expect(left.every((each) => each === null || isEnding(each))).toBe(true)
          expect(ended.length).toBeLessThanOrEqual(live.length)
        }
      } finally {
        client.destroy()
        await server.stop()
        vi.restoreAllMocks()
      }
    })
  })
}
