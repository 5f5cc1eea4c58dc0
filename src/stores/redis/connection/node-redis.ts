import { asking } from './ask.ts'
import type { Connection, NodeRedis } from './types.ts'
import type { Ask } from './types.ts'
import { createBound } from './cache-freshness.ts'
import { allOf } from '../scripts.ts'
import { evaluator } from '../lua.ts'
import { type Script } from '../lua.ts'
import { nodeRedisDedicated } from '../replicas/dedicated-connection.ts'
import { byNodeRedis } from './subscribe.ts'

export function nodeRedis(client: NodeRedis): Connection {
  const { clientSideCache: memory } = client
  const keyPrefix = String(client._keyPrefix ?? '')
  const isCluster = client.nodeClient !== undefined
  const isSentinel = client.getSentinelNode !== undefined
  const isOne = !isCluster && !isSentinel && client.execute === undefined
  const evaluate = evaluator(
    (sha, keys, args) => client.evalSha(sha, { keys, arguments: args }),
    (text, keys, args) => client.eval(text, { keys, arguments: args }),
  )
  // What a server tells of changes comes by the connection that has asked, in turn with its answers. Of several
  // connections one may be dead while the others go on, and what it had asked for would never be told.
  const bound = memory !== undefined && isOne ? createBound(() => client.ping()) : null
  const mayReadReplicas = isSentinel || (isCluster && (client._options?.useReplicas ?? client._options === undefined))
  const copies = isSentinel ? client._execute : isCluster ? client.nodeByAddress : (client.execute ?? client.duplicate)
  const isPlain = !mayReadReplicas && (memory === undefined || bound !== null)

  function forget(key: string): void {
    if (bound !== null) memory!.invalidate(keyPrefix + key)
  }

  async function run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const sent = performance.now()
    try {
      const answer = await evaluate(script, keys, args)
      bound?.answered(sent)
      return answer
    } finally {
      // The server tells of it just after its answer, perhaps in another packet.
      for (const key of keys) forget(key)
    }
  }

  return {
    run,
    async hash(key) {
      if (!isPlain) return run(allOf, [key], [])
      await bound?.recent()
      return client.hGetAll(key)
    },
    async nodes() {
      if (isSentinel) return [asking((command) => client.sendCommand(false, command))]
      if (!isCluster) return [askingOne(client)]
      return Promise.all(client.masters!.map(async (master) => askingOne(await client.nodeClient!(master))))
    },
    isCluster,
    subscribe: isSentinel || (client.execute ?? client.duplicate) === undefined ? null : byNodeRedis(client),
    dedicated: copies ? async () => nodeRedisDedicated(client) : null,
    forget,
    keyPrefix,
    get isOpen() {
      return client.isOpen !== false
    },
  }
}

// A pool has no options, and no place that it tells.
const askingOne = (node: NodeRedis): Ask =>
  asking((command) => node.sendCommand(command), node.options && (node.options.socket ?? {}))
