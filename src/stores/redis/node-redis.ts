import type { Connection, NodeRedisClient } from './client.ts'
import { createBound } from './memory.ts'
import { allOf, evaluator, type Script } from './scripts.ts'

/** What there is of a client of redis beside what each has. */
export interface NodeRedis extends NodeRedisClient {
  readonly isOpen?: boolean
  readonly _keyPrefix?: unknown
  readonly _options?: { readonly useReplicas?: boolean }
  readonly clientSideCache?: { invalidate(key: string): void }
  readonly masters?: readonly unknown[]
  sendCommand(...args: unknown[]): Promise<unknown>
  ping(): Promise<unknown>
  execute?: unknown
  nodeClient?(master: unknown): NodeRedis | Promise<NodeRedis>
  getSentinelNode?: unknown
}

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
  const isPlain = !mayReadReplicas && (memory === undefined || bound !== null)

  async function run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const sent = performance.now()
    try {
      const answer = await evaluate(script, keys, args)
      bound?.answered(sent)
      return answer
    } finally {
      // The server tells of it just after its answer, perhaps in another packet.
      if (bound !== null) for (const key of keys) memory!.invalidate(keyPrefix + key)
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
      if (isSentinel) return [(...command) => client.sendCommand(false, command)]
      if (!isCluster) return [(...command) => client.sendCommand(command)]
      const nodes = await Promise.all(client.masters!.map((master) => client.nodeClient!(master)))
      return nodes.map(
        (node) =>
          (...command) =>
            node.sendCommand(command),
      )
    },
    isCluster,
    keyPrefix,
    get isOpen() {
      return client.isOpen !== false
    },
  }
}
