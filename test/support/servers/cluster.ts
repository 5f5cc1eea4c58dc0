export { startCluster } from '../../../scripts/servers/redis-cluster.mjs'
export type { RedisCluster } from '../../../scripts/servers/redis-cluster.mjs'
