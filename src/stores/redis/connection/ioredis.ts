import { createEvaluator } from '../lua.ts'
import { createIoRedisConnector } from './dedicated-connection.ts'
import { readField } from '../scripts/read.ts'
import { createAsk } from './ask.ts'
import type { IoRedis } from './client-types.ts'
import { createIoRedisSubscribe } from './subscribe.ts'
import type { RedisConnection } from './types.ts'

export function ioRedisConnection(client: IoRedis): RedisConnection {
  const { keyPrefix = '', scaleReads = 'master' } = client.options ?? {}
  const run = createEvaluator(
    (sha, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
    (text, keys, args) => client.eval(text, keys.length, ...keys, ...args),
  )
  return {
    run,
    readField: (key, field) => (scaleReads === 'master' ? client.hget(key, field) : run(readField, [key], [field])),
    async listPrimaries() {
      const nodes = client.nodes?.('master') ?? [client]
      // With sentinels, the address in the options is not that of the primary.
      return nodes.map((node) =>
        createAsk((command) => node.call(...command), node.options?.sentinels ? undefined : node.options),
      )
    },
    isCluster: client.nodes !== undefined,
    subscribe: client.duplicate === undefined ? null : createIoRedisSubscribe(client),
    loadConnector:
      (client.nodes === undefined ? client.duplicate : client.slots) === undefined
        ? null
        : async () => createIoRedisConnector(client),
    dropCached() {},
    keyPrefix,
    get isOpen() {
      return client.status !== 'wait'
    },
  }
}
