import { setTimeout as pause } from 'node:timers/promises'
import { startCluster, type RedisCluster } from './cluster.ts'
import { redisServer, startRedis, type RedisServer } from './redis.ts'
import { freePort } from './server.ts'

/** A cluster of three primaries with a replica each, which take over within some two seconds. */
export interface ReplicatedCluster extends Pick<RedisCluster, 'nodes' | 'addresses'> {
  /** Keeps the replica of a primary from what is written from now on. */
  detachReplicaOf(at: number): Promise<void>
  /** Kills a primary, and resolves when its replica has taken over. */
  failOver(at: number): Promise<void>
  /** Starts a primary again that was killed, and resolves when it is a replica that is in step. */
  rejoin(at: number): Promise<void>
  stop(): Promise<void>
}

/** Starts six servers on free ports. */
export async function startReplicatedCluster(program = redisServer): Promise<ReplicatedCluster> {
  const cluster = await startCluster(program)
  const replicas: RedisServer[] = []
  const stop = async () => {
    await Promise.all(replicas.map((replica) => replica.stop()))
    await cluster.stop()
  }
  try {
    for (const primary of cluster.nodes) replicas.push(await startReplicaOf(primary, program))
    for (const node of [...cluster.nodes, ...replicas]) {
      await node.ask('CONFIG', 'SET', 'cluster-node-timeout', '800')
      await node.ask('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
    }
    await Promise.all(cluster.nodes.map(untilInStep))
    await until('The cluster did not come together', async () => {
      const infos = await Promise.all([...cluster.nodes, ...replicas].map((node) => node.ask('CLUSTER', 'INFO')))
      return infos.every((info) => /cluster_state:ok[^]*cluster_known_nodes:6\r/.test(String(info)))
    })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    nodes: cluster.nodes,
    addresses: cluster.addresses,
    async detachReplicaOf(at) {
      // What it is asked for now it cannot give.
      await replicas[at]!.ask('CONFIG', 'SET', 'masterauth', 'none')
      await cluster.nodes[at]!.ask('CLIENT', 'KILL', 'TYPE', 'replica')
    },
    async failOver(at) {
      await cluster.nodes[at]!.kill()
      await until('The replica did not take over', async () => {
        const [role] = (await replicas[at]!.ask('ROLE')) as [string]
        return role === 'master' && String(await replicas[at]!.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')
      })
    },
    async rejoin(at) {
      await cluster.nodes[at]!.restart()
      await untilInStep(replicas[at]!)
    },
    stop,
  }
}

async function startReplicaOf(primary: RedisServer, program: string | undefined): Promise<RedisServer> {
  const bus = await freePort()
  const args = ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--repl-diskless-sync-delay', '0']
  const replica = await startRedis({ program, args })
  await primary.ask('CLUSTER', 'MEET', '127.0.0.1', String(replica.port), String(bus))
  await primary.ask('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
  const id = String(await primary.ask('CLUSTER', 'MYID'))
  await until('The replica did not meet its primary', async () => {
    return (await replica.ask('CLUSTER', 'REPLICATE', id)) === 'OK'
  })
  return replica
}

/** Until a primary has a replica that answers it. */
async function untilInStep(primary: RedisServer): Promise<void> {
  await until('The replica did not get in step', async () => Number(await primary.ask('WAIT', '1', '100')) === 1)
}

async function until(otherwise: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await isSo().catch(() => false)) return
    await pause(25)
  }
  throw new Error(`${otherwise} within 15 seconds.`)
}
