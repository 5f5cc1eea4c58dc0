// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.mjs'
import { startRedis } from './redis.mjs'
import { waitUntil } from './wait-until.mjs'

/** @typedef {import('./redis.mjs').RedisServer} RedisServer */
/** @typedef {(keys: 'stay' | 'moved') => Promise<void>} Meanwhile */

/**
 * A cluster of three primaries on 127.0.0.1, without replicas.
 *
 * @typedef {object} RedisCluster
 * @property {readonly RedisServer[]} nodes
 * @property {readonly { readonly host: string, readonly port: number }[]} addresses of the nodes, as clients take them
 * @property {(key: string, meanwhile?: Meanwhile) => Promise<void>} moveSlotOf moves the slot of a key, with all its
 *   keys, to the next node. While both nodes have the slot, `meanwhile` is awaited: once before the keys are moved, once
 *   after
 * @property {(count: number) => Promise<number>} moveSlots moves slots of random keys; resolves to how many it moved,
 *   which is fewer than `count` if nodes have no keys
 * @property {() => Promise<void>} stop
 */

const slotCount = 16_384

/**
 * Starts a cluster of three nodes on free ports.
 *
 * @returns {Promise<RedisCluster>}
 */
export async function startCluster() {
  const nodes = await Promise.all([0, 1, 2].map(() => startNode()))
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())))
  try {
    await joinNodes(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  const first = /** @type {RedisServer} */ (nodes[0])
  const move = await createSlotMover(nodes)
  /** @param {string} key */
  const slotOf = async (key) => Number(await first.ask('CLUSTER', 'KEYSLOT', key))
  return {
    nodes,
    addresses: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    moveSlotOf: async (key, meanwhile) => move(await slotOf(key), meanwhile),
    async moveSlots(count) {
      let moved = 0
      for (let index = 0; index < count; index++) {
        const key = await nodes[index % nodes.length]?.ask('RANDOMKEY')
        if (typeof key !== 'string') continue
        await move(await slotOf(key))
        moved++
      }
      return moved
    },
    stop,
  }
}

/**
 * Starts a node that belongs to no cluster yet.
 *
 * @param {object} [options]
 * @param {number} [options.nodeTimeoutMs] for how long a node may be silent before the others take it for dead. By default
 *   long, because on a busy machine a node may get no processor for seconds, and the whole cluster would be down.
 */
export async function startNode({ nodeTimeoutMs = 15_000 } = {}) {
  const ports = ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`]
  const timeout = ['--cluster-node-timeout', `${nodeTimeoutMs}`]
  return startRedis({ args: [...ports, ...timeout, '--repl-diskless-sync-delay', '0'] })
}

/** @param {readonly RedisServer[]} nodes */
async function joinNodes(nodes) {
  const [first, ...others] = /** @type {[RedisServer, ...RedisServer[]]} */ (nodes)
  for (const [index, node] of nodes.entries()) {
    const [from = 0, to = 0] = [index, index + 1].map((each) => Math.floor((each * slotCount) / nodes.length))
    await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`)
    await node.ask('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${to - 1}`)
  }
  for (const node of others) await meet(first, node)
  await untilJoined(nodes)
}

/** Introduces a node to another one. @param {RedisServer} node @param {RedisServer} other */
export async function meet(node, other) {
  const [, busPort = ''] = /** @type {string[]} */ (await other.ask('CONFIG', 'GET', 'cluster-port'))
  await node.ask('CLUSTER', 'MEET', '127.0.0.1', `${other.port}`, busPort)
}

/** Resolves once all nodes know each other, and serve all slots. @param {readonly RedisServer[]} nodes */
export async function untilJoined(nodes) {
  const signs = ['cluster_state:ok', `cluster_slots_ok:${slotCount}`, `cluster_known_nodes:${nodes.length}\r`]
  await waitUntil(async () => {
    const infos = await Promise.all(nodes.map(async (node) => String(await node.ask('CLUSTER', 'INFO'))))
    return infos.every((info) => signs.every((sign) => info.includes(sign)))
  }, 'The nodes did not form a cluster')
}

/**
 * Moves a slot to the next node, as `redis-cli --cluster reshard` does.
 *
 * @param {readonly RedisServer[]} nodes
 */
async function createSlotMover(nodes) {
  const ids = await Promise.all(nodes.map(async (node) => String(await node.ask('CLUSTER', 'MYID'))))

  /** @param {number} slot @param {RedisServer} node */
  async function ownerAt(node, slot) {
    const table = /** @type {[number, number, [string, number, string]][]} */ (await node.ask('CLUSTER', 'SLOTS'))
    const row = table.find(([from, to]) => from <= slot && slot <= to)
    return ids.indexOf(row?.[2][2] ?? '')
  }

  /** @param {number} slot @param {Meanwhile} [meanwhile] */
  return async function moveSlot(slot, meanwhile) {
    const owner = await ownerAt(/** @type {RedisServer} */ (nodes[0]), slot)
    const next = (owner + 1) % nodes.length
    const [from, to] = /** @type {[RedisServer, RedisServer]} */ ([nodes[owner], nodes[next]])
    const [fromId, toId] = /** @type {[string, string]} */ ([ids[owner], ids[next]])
    await to.ask('CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', fromId)
    await from.ask('CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', toId)
    await meanwhile?.('stay')
    for (;;) {
      const keys = /** @type {string[]} */ (await from.ask('CLUSTER', 'GETKEYSINSLOT', `${slot}`, '10'))
      if (keys.length === 0) break
      await from.ask('MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', 'KEYS', ...keys)
    }
    await meanwhile?.('moved')
    // Repeat it until all nodes agree: a node may ignore the first command, and clients would be redirected to and fro.
    for (let tries = 0; tries < 100; tries++) {
      for (const node of [to, from, ...nodes]) await node.ask('CLUSTER', 'SETSLOT', `${slot}`, 'NODE', toId)
      const owners = await Promise.all(nodes.map((node) => ownerAt(node, slot)))
      if (owners.every((each) => each === next)) return
      await sleep(20)
    }
    throw new Error(`The nodes do not agree on who has slot ${slot}.`)
  }
}
