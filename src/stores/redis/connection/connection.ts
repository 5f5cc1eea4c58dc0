import { withRedactedErrors } from '../../shared/redact-error.ts'
import { createAsk } from './ask.ts'
import { bunConnection } from './bun.ts'
import type { BunRedis, GlideClient, IoRedis, NodeRedis } from './client-types.ts'
import { detectClient } from './detect-client.ts'
import { glideConnection } from './glide.ts'
import { ioRedisConnection } from './ioredis.ts'
import { nodeRedisConnection } from './node-redis.ts'
import { retryRedirects } from './retry-redirects.ts'
import type { RedisConnection } from './types.ts'

/**
 * Wraps any supported client. Errors are redacted, and redirects of a cluster are followed.
 *
 * @param caller the function that the error message names
 * @throws `ERR_STORE_CLIENT` if the client is not supported
 */
export function createRedisConnection(client: unknown, caller = 'redisStore'): RedisConnection {
  const connection = wrapClient(client, caller)
  const { isCluster, keyPrefix, subscribe, loadConnector, dropCached } = connection
  return {
    run: (...args) => callSafely(() => connection.run(...args)),
    readField: (...args) => callSafely(() => connection.readField(...args)),
    async listPrimaries() {
      const nodes = await withRedactedErrors(() => connection.listPrimaries())
      return nodes.map((ask) => createAsk((command) => withRedactedErrors(() => ask(...command)), ask.address))
    },
    isCluster,
    subscribe,
    loadConnector,
    dropCached,
    keyPrefix,
    get isOpen() {
      return connection.isOpen
    },
  }
}

/** One function, because each promise on the way costs every request. Errors are rare. */
async function callSafely<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    return withRedactedErrors(() => retryRedirects(call, error))
  }
}

function wrapClient(client: unknown, caller: string): RedisConnection {
  switch (detectClient(client, caller)) {
    case 'bun':
      return bunConnection(client as BunRedis)
    case 'glide':
      return glideConnection(client as GlideClient, 'fcallWithRoute' in (client as object))
    case 'ioredis':
      return ioRedisConnection(client as IoRedis)
    case 'redis':
      return nodeRedisConnection(client as NodeRedis)
  }
}
