import type { IoRedis, NodeRedis } from './client-types.ts'
import { openIoRedisDuplicate, openNodeRedisDuplicate } from './open-duplicate.ts'
import type { Subscribe } from './types.ts'

// In a cluster, listen on any one server, because a published message reaches all of them.

export function createNodeRedisSubscribe(client: NodeRedis): Subscribe {
  const duplicate = (one: NodeRedis) =>
    one.duplicate!({ clientSideCache: undefined, keyPrefix: undefined, pingInterval: 0 })

  async function createDuplicate(): Promise<NodeRedis> {
    if (client.execute !== undefined) return client.execute(duplicate)
    return duplicate(client.nodeClient === undefined ? client : await client.nodeClient(pickRandom(client.masters!)))
  }

  return async (channels, onMessage, onLost, signal) => {
    const subscriber = await createDuplicate()
    subscriber.on!('error', onLost)
    subscriber.on!('end', onLost)
    const listen = async () => subscriber.subscribe!([...channels], (message) => onMessage(String(message)))
    await openNodeRedisDuplicate(subscriber, signal, listen)
    return () => subscriber.destroy!()
  }
}

export function createIoRedisSubscribe(client: IoRedis): Subscribe {
  return async (channels, onMessage, onLost, signal) => {
    const one = pickRandom(client.nodes?.('master') ?? [client])
    const subscriber = one.duplicate!({ lazyConnect: true, keyPrefix: '', retryStrategy: () => null })
    subscriber.on!('error', onLost)
    subscriber.on!('close', onLost)
    subscriber.on!('message', (_channel, message) => onMessage(String(message)))
    await openIoRedisDuplicate(subscriber, signal, async () => subscriber.subscribe!(...channels))
    return () => subscriber.disconnect!()
  }
}

function pickRandom<Server>(servers: readonly Server[]): Server {
  const server = servers[Math.floor(Math.random() * servers.length)]
  if (server === undefined) throw new Error('The Redis client does not know a server of the cluster yet.')
  return server
}
