import { createEvaluator, type Script } from '../lua.ts'
import { createNodeRedisConnector } from '../replicas/dedicated-connection.ts'
import { readAllFields } from '../scripts.ts'
import { createAsk } from './ask.ts'
import { createCacheFreshness } from './cache-freshness.ts'
import { createNodeRedisSubscribe } from './subscribe.ts'
import type { Ask, NodeRedis, RedisConnection } from './types.ts'

export function nodeRedisConnection(client: NodeRedis): RedisConnection {
  const { clientSideCache: cache } = client
  const keyPrefix = String(client._keyPrefix ?? '')
  const isCluster = client.nodeClient !== undefined
  const isSentinel = client.getSentinelNode !== undefined
  const isSingleServer = !isCluster && !isSentinel && client.execute === undefined
  const evaluate = createEvaluator(
    (sha, keys, args) => client.evalSha(sha, { keys, arguments: args }),
    (text, keys, args) => client.eval(text, { keys, arguments: args }),
  )
  // What a server tells of changes comes by the connection that has asked, in turn with its answers. Of several
  // connections one may be dead while the others go on, and what it had asked for would never be told.
  const freshness = cache !== undefined && isSingleServer ? createCacheFreshness(() => client.ping()) : null
  const mayReadReplicas = isSentinel || (isCluster && (client._options?.useReplicas ?? client._options === undefined))
  const duplicateMethod = isSentinel
    ? client._execute
    : isCluster
      ? client.nodeByAddress
      : (client.execute ?? client.duplicate)
  const readsDirectly = !mayReadReplicas && (cache === undefined || freshness !== null)

  function dropCached(key: string): void {
    if (freshness !== null) cache!.invalidate(keyPrefix + key)
  }

  async function run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const sent = performance.now()
    try {
      const answer = await evaluate(script, keys, args)
      freshness?.recordAnswer(sent)
      return answer
    } finally {
      // The server tells of it just after its answer, perhaps in another packet.
      for (const key of keys) dropCached(key)
    }
  }

  return {
    run,
    async readHash(key) {
      if (!readsDirectly) return run(readAllFields, [key], [])
      await freshness?.ensureFresh()
      return client.hGetAll(key)
    },
    async listPrimaries() {
      if (isSentinel) return [createAsk((command) => client.sendCommand(false, command))]
      if (!isCluster) return [createNodeAsk(client)]
      return Promise.all(client.masters!.map(async (master) => createNodeAsk(await client.nodeClient!(master))))
    },
    isCluster,
    subscribe:
      isSentinel || (client.execute ?? client.duplicate) === undefined ? null : createNodeRedisSubscribe(client),
    loadConnector: duplicateMethod ? async () => createNodeRedisConnector(client) : null,
    dropCached,
    keyPrefix,
    get isOpen() {
      return client.isOpen !== false
    },
  }
}

// A pool has no options, and no place that it tells.
const createNodeAsk = (node: NodeRedis): Ask =>
  createAsk((command) => node.sendCommand(command), node.options && (node.options.socket ?? {}))
