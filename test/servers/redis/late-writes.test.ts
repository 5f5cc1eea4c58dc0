import { afterAll, beforeAll, expect, it } from 'vitest'
import { TooLate, type SessionRecord } from '../../../src/stores/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import {
  describeRedis,
  describeValkey,
  startRedis,
  valkeyServer,
  type RedisServer,
} from '../../support/servers/redis.ts'
import { clients, type Connected } from '../../support/redis-clients.ts'
import { changeOf, created, newRecord, pause, revoked } from '../../support/records.ts'

for (const [name, describeServer, program] of [
  ['Redis', describeRedis, undefined],
  ['Valkey', describeValkey, valkeyServer],
] as const) {
  describeServer(`a write that ${name} comes to when its caller has stopped waiting`, () => {
    let server: RedisServer
    let connected: [string, Connected][]
    beforeAll(async () => {
      server = await startRedis({ program })
      connected = await Promise.all(
        Object.entries(clients).map(
          async ([name, connect]) => [name, await connect(server.port)] as [string, Connected],
        ),
      )
    })
    afterAll(async () => {
      for (const [, { close }] of connected) close()
      await server.stop()
    })

    it('is not executed, by any client, and rejects with TooLate', async () => {
      const stores = connected.map(([name, { client }]) => ({
        name,
        store: redisStore(client, { prefix: `${name}:` }),
      }))
      const kept = new Map<string, SessionRecord>()
      for (const { name, store } of stores) {
        kept.set(name, newRecord())
        await store.create(kept.get(name)!, {}, Date.now() + 1000)
      }

      server.freeze()
      const until = Date.now() + 200
      const asked = stores.flatMap(({ name, store }) => {
        const record = kept.get(name)!
        return [
          store.create(newRecord({ id: 'new', userId: 'ada' }), {}, until),
          store.create(newRecord({ id: 'guest', userId: null }), {}, until),
          store.update(record, record, changeOf(), until),
          store.end(record, revoked(), until),
          store.endAll(record.userId!, revoked(), null, until),
        ].map((answer) => answer.catch((error: unknown) => error))
      })
      await pause(600)
      server.thaw()

      const answers = await Promise.all(asked)
      const outcomes = answers.map((answer) => (answer instanceof TooLate ? 'too late' : String(answer)))
      expect(outcomes).toEqual(outcomes.map(() => 'too late'))
      for (const { name, store } of stores) {
        const left = await Promise.all(
          [kept.get(name)!, { id: 'new', userId: 'ada' }, { id: 'guest', userId: null }].map((key) => store.read(key)),
        )
        expect([name, ...left, ...(await store.list('ada'))]).toEqual([name, kept.get(name), null, null])
      }
    })

    it('is executed if its deadline is not over, whatever our clock says the time is', async () => {
      const { client } = connected[0]![1]
      const { now } = Date
      for (const off of [-3_600_000, 3_600_000, 0]) {
        Date.now = () => now() + off
        try {
          const store = redisStore(client)
          const record = newRecord()
          expect(await store.create(record, {}, Date.now() + 5000)).toEqual(created)
          expect(await store.update(record, record, changeOf(), Date.now() + 5000)).toBe(2)
          await expect(store.update(record, record, changeOf(), Date.now() - 500)).rejects.toThrow(TooLate)
          await expect(store.end(record, revoked(), Date.now() - 500)).rejects.toThrow(TooLate)
          expect(await store.read(record)).toMatchObject({ version: 2 })
          expect(await store.end(record, revoked(), Date.now() + 5000)).toBe(true)
        } finally {
          Date.now = now
        }
      }
    })
  })
}
