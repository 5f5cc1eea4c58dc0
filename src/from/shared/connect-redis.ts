import { optionsError } from '../../core/errors.ts'
import type { RedisClient } from '../../stores/redis/connection/client-types.ts'
import { createRedisConnection } from '../../stores/redis/connection/connection.ts'
import { createScript } from '../../stores/redis/lua.ts'
import type { PromiseStore } from './foreign-store.ts'
import { parseJsonObject } from './json-object.ts'
import { shortenTtl } from './shorten-ttl.ts'

/** Options of {@link connectRedis}. */
export interface ConnectRedisOptions {
  /** `prefix` of connect-redis. Must not be empty. @default 'sess:' */
  prefix?: string | undefined
}

/**
 * Reads the records of connect-redis, without that package: `store: connectRedis(client)`. Accepts the same clients as `redisStore`, and can
 * share its client.
 *
 * @throws `ERR_STORE_CLIENT` if the client is not supported; `ERR_OPTIONS`
 */
export function connectRedis(client: RedisClient, { prefix = 'sess:' }: ConnectRedisOptions = {}): PromiseStore {
  if (typeof prefix !== 'string' || prefix === '')
    throw optionsError("prefix of connectRedis must be text, such as 'sess:'.")
  const connection = createRedisConnection(client, 'connectRedis')
  return {
    async get(id) {
      const text = await connection.run(getText, [prefix + id], [])
      return typeof text === 'string' ? parseJsonObject(text) : null
    },
    destroy: (id) => connection.run(remove, [prefix + id], []),
    shorten: (id, seconds) => connection.run(shortenTtl, [prefix + id], [String(seconds * 1000)]),
  }
}

// A key of another type is not connect-redis' record.
const getText = createScript(`if redis.call('TYPE', KEYS[1]).ok ~= 'string' then return false end
return redis.call('GET', KEYS[1])`)
const remove = createScript(`return redis.call('DEL', KEYS[1])`)
