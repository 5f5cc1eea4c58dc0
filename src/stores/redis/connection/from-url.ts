import { lazyConnection } from './lazy.ts'
import { openRedis } from './open.ts'
import { placeOf } from './parse-url.ts'
import type { LazyConnection } from './types.ts'

/** A connection by a URL, made when it is first needed. @throws `ERR_STORE_CLIENT` for a URL that is not Redis' */
export function byUrl(url: string): LazyConnection {
  const place = placeOf(url)
  return lazyConnection(() => openRedis(place))
}
