import { Cluster } from 'ioredis'
import { Cluster as ValkeyCluster } from 'iovalkey'
import { createCluster } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore, type RedisClient, type RedisStore } from '../../src/stores/redis.ts'
import { TooFewReplicas } from '../../src/store.ts'
import { startCluster, type RedisCluster } from '../setup/cluster.ts'
import { describeRedis } from '../setup/redis.ts'
import { newRecord, revoked } from '../stores/redis/records.ts'
import { eventually } from './runs.ts'

type Address = { readonly host: string; readonly port: number }
type Map = Record<string, Address>

/** Clients that are told where servers are which have names of their own. */
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
      for (let count = 0; count < 15; count++) await put(store, newRecord({ userId: null }))
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

  it.each(names)('goes by %s to where its client reaches a server that others name', async (by) => {
    const store = stores.get(by)!
    const record = newRecord({ userId: null })
    await put(store, record)
    await cluster.moveSlotOf(`sojourn:session:${record.id}`)
    expect(await store.end(record.id, revoked())).toBe('unconfirmed')
  })

  it('is closed at a server that has no key any more', async () => {
    const [heir, , left] = cluster.nodes as [Node, Node, Node]
    const waiting = async () => String(await left.ask('CLIENT', 'LIST')).match(/ cmd=wait /g)?.length ?? 0
    expect(await waiting()).toBeGreaterThanOrEqual(names.length)
    const slots = await slotsOf(left)
    for (const node of cluster.nodes) await node.ask('CLUSTER', 'DELSLOTSRANGE', ...slots)
    await heir.ask('CLUSTER', 'ADDSLOTSRANGE', ...slots)
    await heir.ask('CLUSTER', 'BUMPEPOCH')

    const come = async (store: RedisStore): Promise<unknown> => {
      await store.read(newRecord().id).catch(() => null)
      return store.end('nobody', revoked()).catch(() => null)
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

  async function slotsOf(node: Node): Promise<string[]> {
    const id = String(await node.ask('CLUSTER', 'MYID'))
    const table = (await node.ask('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][]
    return table.filter(([, , [, , owner]]) => owner === id).flatMap(([from, to]) => [String(from), String(to)])
  }
})
