import { createLazyConnection } from './lazy.ts'
import { openRedis } from './open.ts'
import { parseRedisUrl } from './parse-url.ts'
import type { LazyConnection } from './types.ts'

/** A connection by a URL, made when it is first needed. @throws `ERR_STORE_CLIENT` for a URL that is not Redis' */
export function connectionFromUrl(url: string): LazyConnection {
  const endpoint = parseRedisUrl(url)
  return createLazyConnection(() => openRedis(endpoint))
}
