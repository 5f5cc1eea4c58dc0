import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import type { SessionRecord, SessionStore, StoreEntry } from '../../../src/stores/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { day, newRecord } from '../../support/records.ts'
import { random } from '../../support/random.ts'

const users = ['ada', 'é\0\n ud', null]
const ids = ['one', 'two', 'three', 'four']
const texts = ['', '1', '"ü\n"', '\n', '\0\x1a\ud800', ' ', '"😀😃"', '"😁😃"', 'x'.repeat(2000)]
const keys = ['', 'cart', '__proto__', 'a\nb', '😀', 'flash.1']

describeRedis('redisStore and memoryStore', () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connect>>
  const connect = () => createClient({ url: server.url }).connect()
  beforeAll(async () => {
    server = await startRedis()
    client = await connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  it('answer the same to random calls', { timeout: 30_000 }, async () => {
    for (let round = 0; round < 150; round++) await compareRound(round)
  })

  async function compareRound(round: number): Promise<void> {
    const stores = [memoryStore(), redisStore(client, { prefix: `${round}:` })] as const
    const read = new Map<SessionStore, SessionRecord>()
    const makers = makersOf(read)
    for (let at = 0; at < 30; at++) {
      const call = pick(makers)()
      const expected = await call(stores[0])
      expect([round, at, await call(stores[1])]).toEqual([round, at, expected])
    }
    const [expected, found] = await Promise.all(stores.map(entriesOf))
    expect(found).toEqual(expected)
  }
})

const start = Date.now()
const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!
const maybe = <Value>(value: Value): Value | undefined => (random() < 0.3 ? value : undefined)
const data = () => Object.fromEntries(keys.flatMap((key) => (random() < 0.4 ? [[key, pick(texts)] as const] : [])))

/** All that a store has, except the time of cutoffs. */
async function entriesOf(store: SessionStore): Promise<Set<StoreEntry>> {
  const entries = new Set<StoreEntry>()
  for await (const entry of store.all!()) {
    entries.add('cutoff' in entry ? { ...entry, cutoff: { ...entry.cutoff, at: 0 } } : entry)
  }
  return entries
}

type Call = (store: SessionStore) => Promise<unknown>

/** Functions that make a random call each. `read` has the record that a store returned last. */
function makersOf(read: Map<SessionStore, SessionRecord>): (() => Call)[] {
  return [
    () => {
      const record = newRecord({
        id: pick(ids),
        userId: pick(users),
        secretHash: pick(['a b', 'hash\n']),
        createdAt: start - Math.floor(random() * 1000),
        label: pick([null, '', '-', 'a b\tc', '\ud800']),
        methods: pick([[], [['pass key', 1]]]),
        idleTimeout: pick([null, 5]),
        expiresAt: start + pick([-5, day]),
        data: data(),
      })
      const ending = maybe({ ended: 'limit', endedAt: start, expiresAt: start + day } as const) ?? null
      const openedAt = maybe(performance.now() - pick([-60_000, 3_600_000]))
      const beganAt = maybe(start + pick([-day, day]))
      const limit = maybe({ max: pick([1, 2]), ending })
      return async (store) => {
        const { result, ended } = await store.create(record, { openedAt, beganAt, limit })
        return { result, ended: ended.toSorted() }
      }
    },
    () => {
      const key = { id: pick(ids), userId: pick(users) }
      return async (store) => {
        const found = await store.read(key)
        if (found !== null && 'data' in found) read.set(store, found)
        return found
      }
    },
    () => {
      const change = {
        set: data(),
        unset: keys.filter(() => random() < 0.2),
        lastSeenAt: start + Math.floor(random() * 1000),
        expiresAt: start + pick([-5, day]),
        secretHash: maybe('new'),
        label: maybe(pick([null, 'label'])),
        signedInAt: maybe(start + 5),
        methods: maybe([['totp', 5]] as const),
        version: maybe(7),
      }
      const key = { id: pick(ids), userId: pick(users) }
      const version = maybe(2)
      const usesRead = random() < 0.7
      const secretHash = pick(['a b', 'hash\n', 'new'])
      return async (store) => {
        const record = usesRead ? read.get(store) : undefined
        if (record !== undefined) {
          const { id, userId } = record
          return store.update({ id, userId }, { secretHash: record.secretHash, version, record }, change)
        }
        return store.update(key, { secretHash, version }, change)
      }
    },
    () => {
      const key = { id: pick(ids), userId: pick(users) }
      return (store) => store.end(key, { ended: 'revoked', endedAt: start, expiresAt: start + 5 })
    },
    () => {
      const userId = pick(users) ?? 'joe'
      const except =
        random() < 0.6 ? { id: pick(ids), openedAt: maybe(performance.now() - pick([-60_000, 3_600_000])) } : null
      return async (store) => {
        const result = await store.endAll(userId, { ended: 'revoked', endedAt: start, expiresAt: start + day }, except)
        return { ...result, ended: result.ended.toSorted() }
      }
    },
    () => {
      const userId = pick(users) ?? 'joe'
      return async (store) => (await store.list(userId)).toSorted((one, other) => (one.id < other.id ? -1 : 1))
    },
    () => {
      const userId = pick(users) ?? 'joe'
      const cutoff = { at: start - pick([0, day]), spared: pick([null, ...ids]), expiresAt: start + 2 * day }
      return (store) => store.putCutoff!(userId, cutoff)
    },
  ]
}
