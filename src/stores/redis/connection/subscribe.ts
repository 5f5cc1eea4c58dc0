import type { Subscribe } from './types.ts'
import type { IoRedis } from './types.ts'
import type { NodeRedis } from './types.ts'
import { openedIoRedis, openedNodeRedis } from './open-duplicate.ts'

// What is published at one server of a cluster is heard at all.

export function byNodeRedis(client: NodeRedis): Subscribe {
  const copy = (one: NodeRedis) => one.duplicate!({ clientSideCache: undefined, keyPrefix: undefined, pingInterval: 0 })

  async function copied(): Promise<NodeRedis> {
    if (client.execute !== undefined) return client.execute(copy)
    return copy(client.nodeClient === undefined ? client : await client.nodeClient(oneOf(client.masters!)))
  }

  return async (channels, heard, lost, over) => {
    const subscriber = await copied()
    subscriber.on!('error', lost)
    subscriber.on!('end', lost)
    const listen = async () => subscriber.subscribe!([...channels], (message) => heard(String(message)))
    await openedNodeRedis(subscriber, over, listen)
    return () => subscriber.destroy!()
  }
}

export function byIoRedis(client: IoRedis): Subscribe {
  return async (channels, heard, lost, over) => {
    const one = oneOf(client.nodes?.('master') ?? [client])
    const subscriber = one.duplicate!({ lazyConnect: true, keyPrefix: '', retryStrategy: () => null })
    subscriber.on!('error', lost)
    subscriber.on!('close', lost)
    subscriber.on!('message', (_channel, message) => heard(String(message)))
    await openedIoRedis(subscriber, over, async () => subscriber.subscribe!(...channels))
    return () => subscriber.disconnect!()
  }
}

function oneOf<Server>(servers: readonly Server[]): Server {
  const server = servers[Math.floor(Math.random() * servers.length)]
  if (server === undefined) throw new Error('No server of the cluster is known yet.')
  return server
}
