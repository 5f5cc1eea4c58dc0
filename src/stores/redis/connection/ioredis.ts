import { createEvaluator } from '../lua.ts'
import { createIoRedisConnector } from '../replicas/dedicated-connection.ts'
import { readAllFields } from '../scripts.ts'
import { createAsk } from './ask.ts'
import { createIoRedisSubscribe } from './subscribe.ts'
import type { IoRedis, RedisConnection } from './types.ts'

export function ioRedisConnection(client: IoRedis): RedisConnection {
  const { keyPrefix = '', scaleReads = 'master' } = client.options ?? {}
  const run = createEvaluator(
    (sha, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
    (text, keys, args) => client.eval(text, keys.length, ...keys, ...args),
  )
  return {
    run,
    readHash: (key) => (scaleReads === 'master' ? client.hgetall(key) : run(readAllFields, [key], [])),
    async listPrimaries() {
      const nodes = client.nodes?.('master') ?? [client]
      // Behind sentinels its host is none that it was told.
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
