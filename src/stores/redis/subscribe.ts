import type { Subscribe } from './client.ts'
import type { IoRedis } from './ioredis.ts'
import type { NodeRedis } from './node-redis.ts'

// What is published at one server of a cluster is heard at all.

export function byNodeRedis(client: NodeRedis): Subscribe {
  const copy = (one: NodeRedis) => one.duplicate!({ clientSideCache: undefined, keyPrefix: undefined, pingInterval: 0 })

  async function copied(): Promise<NodeRedis> {
    if (client.execute !== undefined) return client.execute(copy)
    return copy(client.nodeClient === undefined ? client : await client.nodeClient(oneOf(client.masters!)))
  }

  return async (channels, heard, lost) => {
    const subscriber = await copied()
    const close = () => subscriber.destroy!()
    try {
      // It would go on trying by itself, however its owner wants it.
      await new Promise((resolve, reject) => {
        subscriber.on!('error', (error) => {
          reject(error)
          lost()
        })
        subscriber.on!('end', lost)
        subscriber.connect!().then(resolve, reject)
      })
      await subscriber.subscribe!([...channels], (message) => heard(String(message)))
      subscriber.unref?.()
      return close
    } catch (error) {
      close()
      throw error
    }
  }
}

export function byIoRedis(client: IoRedis): Subscribe {
  return async (channels, heard, lost) => {
    const one = oneOf(client.nodes?.('master') ?? [client])
    const subscriber = one.duplicate!({ lazyConnect: true, keyPrefix: '', retryStrategy: () => null })
    const close = () => subscriber.disconnect!()
    subscriber.on!('error', lost)
    subscriber.on!('close', lost)
    subscriber.on!('message', (_channel, message) => heard(String(message)))
    try {
      await subscriber.connect!()
      await subscriber.subscribe!(...channels)
      subscriber.stream?.unref?.()
      return close
    } catch (error) {
      close()
      throw error
    }
  }
}

function oneOf<Server>(servers: readonly Server[]): Server {
  const server = servers[Math.floor(Math.random() * servers.length)]
  if (server === undefined) throw new Error('No server of the cluster is known yet.')
  return server
}
