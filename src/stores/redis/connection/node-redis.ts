import { createEvaluator, type Script } from '../lua.ts'
import { createNodeRedisConnector } from './dedicated-connection.ts'
import { readField } from '../scripts/read.ts'
import { createAsk } from './ask.ts'
import { createCacheFreshness } from './cache-freshness.ts'
import type { NodeRedis } from './client-types.ts'
import { createNodeRedisSubscribe } from './subscribe.ts'
import type { Ask, RedisConnection } from './types.ts'

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
  // A server sends invalidations on the connection that read the key, in order with its replies. So a reply proves that
  // the cache is fresh only if there is one connection: of several, one may be dead while the others still reply.
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

  async function runCached(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const sent = performance.now()
    try {
      const answer = await evaluate(script, keys, args)
      freshness!.recordAnswer(sent)
      return answer
    } finally {
      // The server's invalidation comes after its reply, perhaps in a later packet.
      for (const key of keys) dropCached(key)
    }
  }

  // Without a cache, no promise of ours is added, because each one costs every request.
  const run: RedisConnection['run'] = freshness === null ? evaluate : runCached

  async function readCached(key: string, field: string): Promise<unknown> {
    await freshness!.ensureFresh()
    return client.hGet(key, field)
  }

  return {
    run,
    readField(key, field) {
      if (!readsDirectly) return run(readField, [key], [field])
      return freshness === null ? client.hGet(key, field) : readCached(key, field)
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

// A pool has no options, so its address is unknown. Without `socket` a client connects to the default address.
const createNodeAsk = (node: NodeRedis): Ask =>
  createAsk((command) => node.sendCommand(command), node.options && (node.options.socket ?? {}))
