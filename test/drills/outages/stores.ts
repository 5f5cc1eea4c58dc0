import { setTimeout as pause } from 'node:timers/promises'
import { GlideClient, Logger } from '@valkey/valkey-glide'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient, createClientPool } from 'redis'
import { createClient as createClient5 } from 'redis5'
import { redisStore, type RedisClient } from '../../../src/stores/redis/store.ts'
import type { SessionStore } from '../../../src/stores/store.ts'

/** A store of one server process, with a connection of its own. */
export interface OpenedStore {
  readonly store: SessionStore
  close(): unknown
}

interface Connected {
  readonly client: RedisClient
  close(): unknown
}

/** Each kind of client with its defaults, plus an error listener, because an unhandled error would end the process. */
const clients: Readonly<Record<string, (port: number) => Promise<Connected>>> = {
  async redis(port) {
    const client = await createClient({ socket: { host, port } }).on('error', ignore).connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis with clientSideCache'(port) {
    const client = createClient({ RESP: 3, socket: { host, port }, clientSideCache: { maxEntries: 10_000 } })
    await client.on('error', ignore).connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis pool'(port) {
    const client = createClientPool({ socket: { host, port } }).on('error', ignore)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis 5'(port) {
    const client = await createClient5({ socket: { host, port } }).on('error', ignore).connect()
    return { client, close: () => client.destroy() }
  },
  async ioredis(port) {
    const client = new Redis({ host, port }).on('error', ignore)
    return { client, close: () => client.disconnect() }
  },
  async iovalkey(port) {
    const client = new Valkey({ host, port })
    client.on('error', ignore)
    return { client, close: () => client.disconnect() }
  },
  async 'valkey-glide'(port) {
    Logger.setLoggerConfig('off')
    const client = await GlideClient.createClient({ addresses: [{ host, port }] })
    return { client, close: () => client.close() }
  },
}

const host = '127.0.0.1'
const ignore = (): void => {}

/** The ways to open a store by {@link openRedisStore}. */
export const ways = ['a URL', ...Object.keys(clients)]

/** Opens a store in Redis on 127.0.0.1, by a kind of client or a URL, and asks it for something. */
export async function openRedisStore(way: string, port: number, prefix?: string): Promise<OpenedStore> {
  const opened = await openIt(way, port, prefix)
  // Some clients give up after 250 ms, which a busy machine may need.
  const until = performance.now() + 20_000
  for (;;) {
    try {
      await opened.store.read({ id: 'nothing', userId: null })
      return opened
    } catch (error) {
      if (performance.now() > until) throw error
      await pause(100)
    }
  }
}

async function openIt(way: string, port: number, prefix: string | undefined): Promise<OpenedStore> {
  const options = { prefix }
  if (way === 'a URL') {
    const store = redisStore(`redis://127.0.0.1:${port}`, options)
    return { store, close: () => store.close() }
  }
  const { client, close } = await clients[way]!(port)
  return { store: redisStore(client, options), close }
}
