import { createClient, createClientPool } from 'redis'
import { createClient as createClient5 } from 'redis5'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore, type RedisStore } from '../../../src/stores/redis/store.ts'
import {
  describeRedis,
  describeValkey,
  startRedis,
  valkeyServer,
  type RedisServer,
} from '../../support/servers/redis.ts'
import { changeOf, newRecord, pause, revoked } from '../../support/records.ts'

const connected = {
  'redis 6': async (url: string) => {
    const client = createClient({ url, RESP: 3, clientSideCache: { maxEntries: 1000 } })
    client.on('error', () => {})
    return client.connect()
  },
  'redis 5': async (url: string) => {
    const client = createClient5({ url, RESP: 3, clientSideCache: { maxEntries: 1000 } })
    client.on('error', () => {})
    return client.connect()
  },
}

for (const [server, describeServer, program] of [
  ['Redis', describeRedis, undefined],
  ['Valkey', describeValkey, valkeyServer],
] as const) {
  describeServer(`reads from memory, of ${server}`, () => {
    describe.each(Object.entries(connected).slice(0, program === undefined ? 2 : 1))('by %s', (_name, connect) => {
      let server: RedisServer
      let client: Awaited<ReturnType<(typeof connected)['redis 6']>>
      let other: Awaited<ReturnType<(typeof connected)['redis 6']>>
      let store: RedisStore
      let elsewhere: RedisStore
      beforeAll(async () => {
        server = await startRedis({ program })
        ;[client, other] = [(await connect(server.url)) as typeof client, (await connect(server.url)) as typeof client]
        ;[store, elsewhere] = [redisStore(client), redisStore(other)]
      })
      afterAll(async () => {
        client.destroy()
        other.destroy()
        await server.stop()
      })

      it('ask the server once a second, however many there are', async () => {
        const record = newRecord()
        await store.create(record)
        await store.read(record)
        await pause(1100)
        await server.ask('CONFIG', 'RESETSTAT')
        const began = performance.now()
        for (let round = 0; round < 40; round++) {
          const found = await Promise.all(Array.from({ length: 25 }, () => store.read(record)))
          expect(found.every((each) => each !== null && 'secretHash' in each)).toBe(true)
          await pause(30)
        }
        const { ping = 0, hget = 0, evalsha = 0 } = await server.calls()
        expect({ hget, evalsha }).toEqual({ hget: 0, evalsha: 0 })
        expect(ping).toBeGreaterThan(0)
        expect(ping).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 1000))
      })

      it('see at once the writes of this process, and those of another as soon as it is notified', async () => {
        for (let round = 0; round < 60; round++) {
          const record = newRecord()
          await store.create(record)
          await store.read(record)
          await store.update(record, record, changeOf())
          expect(await store.read(record)).toMatchObject({ version: 2 })
          if (round % 2 === 0) {
            await store.end(record, revoked())
            expect(await store.read(record)).toMatchObject({ ended: 'revoked' })
            continue
          }
          await elsewhere.end(record, revoked())
          await client.ping()
          expect(await store.read(record)).toMatchObject({ ended: 'revoked' })
        }
      })

      it('see the writes of another without a notification', async () => {
        const record = newRecord()
        await store.create(record)
        await store.read(record)
        await elsewhere.end(record, revoked())
        await pause(50)
        expect(await store.read(record)).toMatchObject({ ended: 'revoked' })
      })

      it('answer nothing that is older than a second, of a server that does not answer', async () => {
        const record = newRecord()
        await store.create(record)
        await store.read(record)
        await client.ping()
        const frozen = performance.now()
        server.freeze()
        const answers: { after: number; answered: Promise<unknown> }[] = []
        for (let after = 0; after < 1700; after = performance.now() - frozen) {
          answers.push({ after, answered: store.read(record).then(() => performance.now() - frozen) })
          await pause(50)
        }
        const early = await Promise.all(
          answers.map(({ answered }) => Promise.race([answered, pause(0).then(() => null)])),
        )
        // A second after the last answer, and none while it is frozen.
        const bad = answers.filter(({ after }, at) => early[at] !== null && after > 1100)
        const good = answers.filter((_each, at) => early[at] !== null)
        server.thaw()
        await Promise.all(answers.map(({ answered }) => answered))
        expect(bad).toEqual([])
        expect(good.length).toBeGreaterThan(5)
        expect(await store.read(record)).toEqual(record)
      })

      it('are asked again where the connection was lost', async () => {
        const record = newRecord()
        await store.create(record)
        await store.read(record)
        await server.restart()
        await expect.poll(() => store.read(record).catch(() => 'lost')).toBe(null)
      })
    })
  })
}

describeRedis('a pool that reads from memory', () => {
  it('is not answered from there, because its age is unknown', async () => {
    const server = await startRedis()
    const pool = createClientPool({ url: server.url, RESP: 3 }, { clientSideCache: {} })
    try {
      await pool.connect()
      const store = redisStore(pool)
      const record = newRecord()
      await store.create(record)
      await server.ask('CONFIG', 'RESETSTAT')
      for (let read = 0; read < 10; read++) await store.read(record)
      expect(await server.calls()).toMatchObject({ evalsha: 10 })
    } finally {
      pool.destroy()
      await server.stop()
    }
  })
})
