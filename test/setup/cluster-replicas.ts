export { startReplicatedCluster } from '../../scripts/servers/redis-cluster.mjs'
export type { ReplicatedCluster } from '../../scripts/servers/redis-cluster.mjs'
