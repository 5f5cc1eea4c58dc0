import { barely } from '../../shared/redact-error.ts'
import { asking } from './ask.ts'
import { glide } from './glide.ts'
import { ioRedis } from './ioredis.ts'
import { type IoRedis } from './types.ts'
import { kindOf } from './detect-client.ts'
import { nodeRedis } from './node-redis.ts'
import { type NodeRedis } from './types.ts'
import { redirected } from './retry-redirects.ts'
import type { Connection, GlideClient } from './types.ts'

/** @throws `ERR_STORE_CLIENT` for what is no such client */
export function connectionOf(client: unknown, taker = 'redisStore'): Connection {
  const connection = rawConnectionOf(client, taker)
  const { isCluster, keyPrefix, subscribe, dedicated, forget } = connection
  return {
    run: (...asked) => barely(() => redirected(() => connection.run(...asked))),
    hash: (key) => barely(() => redirected(() => connection.hash(key))),
    async nodes() {
      const nodes = await barely(() => connection.nodes())
      return nodes.map((ask) => asking((command) => barely(() => ask(...command)), ask.at))
    },
    isCluster,
    subscribe,
    dedicated,
    forget,
    keyPrefix,
    get isOpen() {
      return connection.isOpen
    },
  }
}

function rawConnectionOf(client: unknown, taker: string): Connection {
  switch (kindOf(client, taker)) {
    case 'glide':
      return glide(client as GlideClient, 'fcallWithRoute' in (client as object))
    case 'ioredis':
      return ioRedis(client as IoRedis)
    case 'redis':
      return nodeRedis(client as NodeRedis)
  }
}
