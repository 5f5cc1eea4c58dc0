export { startSentinelSet } from '../../../scripts/servers/redis-sentinel.mjs'
export type { SentinelSet } from '../../../scripts/servers/redis-sentinel.mjs'
