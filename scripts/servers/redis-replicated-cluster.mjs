// @ts-check
import { meet, startCluster, startNode, untilJoined } from './redis-cluster.mjs'
import { roleOf, untilInSync } from './redis-sentinel.mjs'
import { waitUntil } from './wait-until.mjs'

/** @typedef {import('./redis.mjs').RedisServer} RedisServer */
/** @typedef {import('./redis-cluster.mjs').RedisCluster} RedisCluster */

/**
 * A cluster of three primaries with one replica each, which is promoted within about 2 seconds.
 *
 * @typedef {object} ReplicatedCluster
 * @property {RedisCluster['nodes']} nodes
 * @property {RedisCluster['addresses']} addresses
 * @property {(index: number) => Promise<void>} detachReplicaOf keeps later writes of a primary from its replica
 * @property {(index: number) => Promise<void>} failOver kills a primary, and resolves when its replica was promoted
 * @property {(index: number) => Promise<void>} rejoin starts a killed primary again as a replica, and resolves when it
 *   is in sync
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a cluster of three primaries and three replicas on free ports.
 *
 * @returns {Promise<ReplicatedCluster>}
 */
export async function startReplicatedCluster() {
  const { nodes, addresses, stop: stopPrimaries } = await startCluster()
  /** @type {RedisServer[]} */
  const replicas = []
  const stop = async () => {
    await Promise.all(replicas.map((replica) => replica.stop()))
    await stopPrimaries()
  }
  try {
    for (const primary of nodes) replicas.push(await startReplicaOf(primary))
    for (const node of [...nodes, ...replicas]) await node.ask('CONFIG', 'SET', 'cluster-node-timeout', '800')
    await Promise.all(nodes.map(untilInSync))
    await untilJoined([...nodes, ...replicas])
  } catch (error) {
    await stop()
    throw error
  }
  /** @param {number} index */
  const pairAt = (index) => /** @type {[RedisServer, RedisServer]} */ ([nodes[index], replicas[index]])
  return {
    nodes,
    addresses,
    async detachReplicaOf(index) {
      const [primary, replica] = pairAt(index)
      await replica.ask('CONFIG', 'SET', 'masterauth', 'none') // the replica cannot log in to its primary with that
      await primary.ask('CLIENT', 'KILL', 'TYPE', 'replica')
    },
    async failOver(index) {
      const [primary, replica] = pairAt(index)
      await primary.kill()
      await waitUntil(async () => {
        const isPromoted = (await roleOf(replica)) === 'master'
        return isPromoted && String(await replica.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')
      }, 'The replica was not promoted')
    },
    async rejoin(index) {
      const [primary, replica] = pairAt(index)
      await primary.restart()
      await untilInSync(replica)
    },
    stop,
  }
}

/** @param {RedisServer} primary */
async function startReplicaOf(primary) {
  const replica = await startNode()
  await meet(primary, replica)
  const id = String(await primary.ask('CLUSTER', 'MYID'))
  const follow = async () => (await replica.ask('CLUSTER', 'REPLICATE', id)) === 'OK'
  await waitUntil(follow, 'The replica did not meet its primary')
  return replica
}
