export { startReplicatedCluster } from '../../../scripts/servers/redis-replicated-cluster.mjs'
export type { ReplicatedCluster } from '../../../scripts/servers/redis-replicated-cluster.mjs'
