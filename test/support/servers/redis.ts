import { describe } from 'vitest'

export { startRedis } from '../../../scripts/servers/redis.mjs'
export type { RedisServer } from '../../../scripts/servers/redis.mjs'

/** The path of the Redis server that `npm test` found. */
export const redisServer = process.env['REDIS_SERVER'] || undefined

/** The path of the Valkey server that `npm test` found. */
export const valkeyServer = process.env['VALKEY_SERVER'] || undefined

/** Groups tests that need Redis. They are skipped without it: `npm test` reports that, and fails if CI is set. */
export const describeRedis = redisServer === undefined ? describe.skip : describe

/** Groups tests that need Valkey. They are skipped without it, as with Redis. */
export const describeValkey = valkeyServer === undefined ? describe.skip : describe
