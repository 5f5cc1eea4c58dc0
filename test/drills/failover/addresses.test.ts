import { Cluster } from 'ioredis'
import { Cluster as ValkeyCluster } from 'iovalkey'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore, type RedisClient, type RedisStore } from '../../../src/stores/redis/store.ts'
import {
  createIoRedisConnector,
  createNodeRedisConnector,
} from '../../../src/stores/redis/connection/dedicated-connection.ts'
import type { IoRedis, NodeRedis } from '../../../src/stores/redis/connection/client-types.ts'
import { TooFewReplicas } from '../../../src/stores/store.ts'
import { startCluster, type RedisCluster } from '../../support/servers/cluster.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import { newRecord, revoked } from '../../support/records.ts'
import { eventually } from './runs.ts'

type Address = { readonly host: string; readonly port: number }
type Map = Record<string, Address>

/** Clients that know by configuration where servers are that have names of their own. */
const clients: Readonly<
  Record<string, (addresses: readonly Address[], map: Map) => Promise<[RedisClient, () => void]>>
> = {
  async redis(addresses, nodeAddressMap) {
    const rootNodes = addresses.map((socket) => ({ socket }))
    const client = createCluster({ rootNodes, nodeAddressMap }).on('error', () => {})
    await client.connect()
    return [client, () => client.destroy()]
  },
  async ioredis(addresses, natMap) {
    const client = new Cluster([...addresses], { natMap }).on('error', () => {})
    return [client, () => client.disconnect()]
  },
  async iovalkey(addresses, natMap) {
    const client = new ValkeyCluster([...addresses], { natMap })
    client.on('error', () => {})
    return [client, () => client.disconnect()]
  },
}

describe('a server that another names', () => {
  const natMap = { ':7002': { host: '10.0.0.9', port: 17002 }, 'redis-1:7002': { host: '10.0.0.9', port: 17002 } }
  const ioredis = createIoRedisConnector(new Cluster([], { lazyConnect: true, natMap }) as unknown as IoRedis)
  const plain = createIoRedisConnector(new Cluster([], { lazyConnect: true }) as unknown as IoRedis)
  const redis = createNodeRedisConnector(createCluster({ rootNodes: [] }) as unknown as NodeRedis)

  it.each([
    [plain, ':7002', '10.0.0.1:7001', '10.0.0.1:7002'],
    [plain, ':7002', 'fe80::1:7001', 'fe80::1:7002'],
    [plain, '10.0.0.2:7002', '10.0.0.1:7001', '10.0.0.2:7002'],
    [ioredis, ':7002', '10.0.0.1:7001', '10.0.0.9:17002'],
    [ioredis, ':7003', '10.0.0.1:7001', '10.0.0.1:7003'],
    [ioredis, 'redis-1:7002', '10.0.0.1:7001', '10.0.0.9:17002'],
    [redis, ':7002', '10.0.0.1:7001', '10.0.0.1:7002'],
    [redis, ':7002', 'null:7001', 'null:7002'],
    [redis, 'redis-1:7002', '10.0.0.1:7001', 'redis-1:7002'],
  ])(
    'is on the same host if a redirect has a port alone, and at the mapped address if the client maps it (%#)',
    (dedicated, redirect, by, place) => {
      expect(dedicated.serverInRedirect(redirect, by)).toBe(place)
    },
  )
})

it('a server that ioredis just learned of is where it maps it', () => {
  const natMap = { 'redis-1:7002': { host: '10.0.0.9', port: 17002 } }
  const client = new Cluster([], { lazyConnect: true, natMap }) as unknown as IoRedis
  const slotOfFoo = 12_182
  // ioredis keeps this from the answer of a server, until it asks for all slots again.
  Object.assign(client.slots!, { [slotOfFoo]: ['redis-1:7002'] })
  expect(createIoRedisConnector(client).serverOf('any{foo}')).toBe('10.0.0.9:17002')
})

describeRedis('what waits for replicas in a cluster', () => {
  const names = Object.keys(clients)
  const stores = new Map<string, RedisStore>()
  const closing: (() => unknown)[] = []
  let cluster: RedisCluster

  beforeAll(async () => {
    cluster = await startCluster()
    const nameOf = (at: number): string => `redis-${at}.invalid`
    const map = Object.fromEntries(cluster.addresses.map((each, at) => [`${nameOf(at)}:${each.port}`, each]))
    for (const name of names) {
      const [client, close] = await clients[name]!(cluster.addresses, map)
      const store = redisStore(client, { durability: { replicas: 1, within: 0.01 } })
      stores.set(name, store)
      closing.push(() => store.close(), close)
      await askAll(store)
    }
    for (const [at, node] of cluster.nodes.entries()) {
      await node.ask('CONFIG', 'SET', 'cluster-announce-hostname', nameOf(at))
      await node.ask('CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'hostname')
    }
    for (const node of cluster.nodes) {
      const named = async () => JSON.stringify(await node.ask('CLUSTER', 'SLOTS')).match(/redis-\d\.invalid/g)
      await eventually(async () => (await named())?.length === 3)
    }
  })
  afterAll(async () => {
    for (const close of closing) await close()
    await cluster.stop()
  })

  /** Nothing has replicas here. */
  async function put(store: RedisStore, record: ReturnType<typeof newRecord>): Promise<void> {
    await expect(store.create(record)).rejects.toThrow(TooFewReplicas)
  }

  /** So many keys are at each node, among others. */
  async function askAll(store: RedisStore): Promise<void> {
    for (let count = 0; count < 15; count++) await put(store, newRecord({ userId: null }))
  }

  it.each(names)('goes by %s to where its client reaches a server that others name', async (by) => {
    const store = stores.get(by)!
    const record = newRecord({ userId: null })
    await put(store, record)
    await cluster.moveSlotOf(`sojourn:g:${record.id}`)
    expect(await store.end(record, revoked())).toBe('unconfirmed')
  })

  async function namedBy(type: string, test: () => Promise<void>): Promise<void> {
    const prefer = async (named: string) =>
      Promise.all(cluster.nodes.map((node) => node.ask('CONFIG', 'SET', 'cluster-preferred-endpoint-type', named)))
    await prefer(type)
    try {
      await test()
    } finally {
      await prefer('hostname')
    }
  }

  it.each(names)('goes by %s to the same host where a server names another by its port alone', async (by) => {
    const store = stores.get(by)!
    const record = newRecord({ userId: null })
    await put(store, record)
    await namedBy('unknown-endpoint', async () => {
      await cluster.moveSlotOf(`sojourn:g:${record.id}`)
      expect(await store.end(record, revoked())).toBe('unconfirmed')
    })
  })

  it('is closed at a server that has no key any more', async () => {
    const [heir, , left] = cluster.nodes as [Node, Node, Node]
    const waiting = async () => String(await left.ask('CLIENT', 'LIST')).match(/ cmd=wait /g)?.length ?? 0
    // What moved may have been the last that was asked there.
    for (const store of stores.values()) await askAll(store)
    expect(await waiting()).toBeGreaterThanOrEqual(names.length)
    // Again until none is left, because a slot that was just moved may come back with the news of another node.
    const give = async (): Promise<number> => {
      const slots = await slotsOf(left, heir)
      if (slots.length === 0) return 0
      for (const node of cluster.nodes) await node.ask('CLUSTER', 'DELSLOTSRANGE', ...slots).catch(() => null)
      await heir.ask('CLUSTER', 'ADDSLOTSRANGE', ...slots).catch(() => null)
      return slots.length
    }
    await expect.poll(give, { timeout: 10_000 }).toBe(0)
    await heir.ask('CLUSTER', 'BUMPEPOCH')

    const come = async (store: RedisStore): Promise<unknown> => {
      await store.read(newRecord()).catch(() => null)
      return store.end(newRecord({ userId: null }), revoked()).catch(() => null)
    }
    await expect
      .poll(
        async () => {
          for (const store of stores.values()) await come(store)
          return waiting()
        },
        { timeout: 10_000 },
      )
      .toBe(0)
  })

  type Node = RedisCluster['nodes'][number]

  /** Returns the ranges of a node's slots, as another knows them. */
  async function slotsOf(node: Node, asked: Node): Promise<string[]> {
    const id = String(await node.ask('CLUSTER', 'MYID'))
    const table = (await asked.ask('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][]
    return table.filter(([, , [, , owner]]) => owner === id).flatMap(([from, to]) => [String(from), String(to)])
  }
})
