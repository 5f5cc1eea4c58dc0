import { lazyConnection } from './lazy.ts'
import { type LazyConnection } from './types.ts'
import { openRedis } from './open.ts'
import { placeOf } from './parse-url.ts'

/** A connection by a URL, made when it is first needed. @throws `ERR_STORE_CLIENT` for a URL that is not Redis' */
export function byUrl(url: string): LazyConnection {
  const place = placeOf(url)
  return lazyConnection(() => openRedis(place))
}
