import { createLazyConnection } from './lazy.ts'
import { openRedis } from './open.ts'
import { parseRedisUrl } from './parse-url.ts'
import type { LazyConnection } from './types.ts'

/**
 * Returns a connection to a URL, which is opened on the first call.
 *
 * @throws `ERR_STORE_CLIENT` if the URL is not valid for Redis
 */
export function connectionFromUrl(url: string): LazyConnection {
  const endpoint = parseRedisUrl(url)
  return createLazyConnection(() => openRedis(endpoint))
}
