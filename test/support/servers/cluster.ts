import { freePort } from './server.ts'
import { redisServer, startRedis, type RedisServer } from './redis.ts'

/** Three servers on 127.0.0.1 that are one cluster, without replicas; empty at first. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  /** `{ host, port }` of each node, as the clients take them. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  /**
   * Moves the slot of a key to the next node, with all that is in it, while clients go on. Half-way the slot is in both:
   * `meanwhile` is called and awaited when its keys are about to move, and again when they have moved.
   */
  moveSlotOf(key: string, meanwhile?: (keys: 'stay' | 'moved') => Promise<void>): Promise<void>
  /** Moves so many slots that hold keys, chosen at random; fewer where there are no keys. Resolves to how many. */
  moveSlots(count: number): Promise<number>
  /** Removes all keys of all nodes. */
  flush(): Promise<void>
  /** Kills all nodes and removes their folders. */
  stop(): Promise<void>
}

const slots = 16_384

/** Starts a cluster of three nodes on free ports. */
export async function startCluster(program = redisServer): Promise<RedisCluster> {
  const nodes = await Promise.all([0, 1, 2].map(() => startNode(program)))
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())))
  try {
    await join(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  const ids = await Promise.all(nodes.map(async (node) => String(await node.ask('CLUSTER', 'MYID'))))

  async function ownerOf(slot: number, by: RedisServer): Promise<number> {
    const table = (await by.ask('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][]
    const row = table.find(([from, to]) => from <= slot && slot <= to)
    return ids.indexOf(row?.[2][2] ?? '')
  }

  /** As `redis-cli --cluster reshard` does it. */
  async function moveSlot(slot: number, meanwhile?: (keys: 'stay' | 'moved') => Promise<void>): Promise<void> {
    const owner = await ownerOf(slot, nodes[0]!)
    const next = (owner + 1) % nodes.length
    const [from, to] = [nodes[owner]!, nodes[next]!]
    await to.ask('CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', ids[owner]!)
    await from.ask('CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', ids[next]!)
    await meanwhile?.('stay')
    for (;;) {
      const keys = (await from.ask('CLUSTER', 'GETKEYSINSLOT', `${slot}`, '10')) as string[]
      if (keys.length === 0) break
      await from.ask('MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', 'KEYS', ...keys)
    }
    await meanwhile?.('moved')
    // One that is told of it by another may not believe it at once, and clients are sent to and fro.
    for (let tries = 0; tries < 100; tries++) {
      for (const node of [to, from, ...nodes]) await node.ask('CLUSTER', 'SETSLOT', `${slot}`, 'NODE', ids[next]!)
      const owners = await Promise.all(nodes.map((node) => ownerOf(slot, node)))
      if (owners.every((each) => each === next)) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  const slotOf = async (key: string): Promise<number> => Number(await nodes[0]!.ask('CLUSTER', 'KEYSLOT', key))

  return {
    nodes,
    addresses: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    async moveSlotOf(key, meanwhile) {
      await moveSlot(await slotOf(key), meanwhile)
    },
    async moveSlots(count) {
      let moved = 0
      for (let at = 0; at < count; at++) {
        const node = nodes[at % nodes.length]!
        const key = (await node.ask('RANDOMKEY')) as string | null
        if (key === null) continue
        await moveSlot(await slotOf(key))
        moved++
      }
      return moved
    },
    async flush() {
      await Promise.all(nodes.map((node) => node.ask('FLUSHALL')))
    },
    stop,
  }
}

async function startNode(program: string | undefined): Promise<RedisServer> {
  const bus = await freePort()
  return startRedis({
    program,
    args: ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '2000'],
  })
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  const [first] = nodes as [RedisServer]
  for (const [at, node] of nodes.entries()) {
    const [from, to] = [at, at + 1].map((each) => Math.floor((each * slots) / nodes.length)) as [number, number]
    await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', `${at + 1}`)
    await node.ask('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${to - 1}`)
    const [, bus] = (await node.ask('CONFIG', 'GET', 'cluster-port')) as [string, string]
    if (node !== first) await first.ask('CLUSTER', 'MEET', '127.0.0.1', `${node.port}`, bus)
  }
  for (let tries = 0; tries < 600; tries++) {
    const infos = await Promise.all(nodes.map(async (node) => String(await node.ask('CLUSTER', 'INFO'))))
    const isWhole = (info: string) =>
      ['cluster_state:ok', `cluster_slots_ok:${slots}`, `cluster_known_nodes:${nodes.length}`].every((line) =>
        info.includes(line),
      )
    if (infos.every(isWhole)) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('The cluster did not come together within 15 seconds')
}
