import { asking } from './ask.ts'
import type { Connection, IoRedis } from './types.ts'
import { allOf } from '../scripts.ts'
import { evaluator } from '../lua.ts'
import { ioRedisDedicated } from '../replicas/dedicated-connection.ts'
import { byIoRedis } from './subscribe.ts'

export function ioRedis(client: IoRedis): Connection {
  const { keyPrefix = '', scaleReads = 'master' } = client.options ?? {}
  const run = evaluator(
    (sha, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
    (text, keys, args) => client.eval(text, keys.length, ...keys, ...args),
  )
  return {
    run,
    hash: (key) => (scaleReads === 'master' ? client.hgetall(key) : run(allOf, [key], [])),
    async nodes() {
      const nodes = client.nodes?.('master') ?? [client]
      // Behind sentinels its host is none that it was told.
      return nodes.map((node) =>
        asking((command) => node.call(...command), node.options?.sentinels ? undefined : node.options),
      )
    },
    isCluster: client.nodes !== undefined,
    subscribe: client.duplicate === undefined ? null : byIoRedis(client),
    dedicated:
      (client.nodes === undefined ? client.duplicate : client.slots) === undefined
        ? null
        : async () => ioRedisDedicated(client),
    forget() {},
    keyPrefix,
    get isOpen() {
      return client.status !== 'wait'
    },
  }
}
