import { Decoder, GlideClient, GlideClusterClient, Logger } from '@valkey/valkey-glide'
import { Cluster, Redis } from 'ioredis'
import { Cluster as ValkeyCluster, Redis as Valkey } from 'iovalkey'
import { createClient, createClientPool, createCluster } from 'redis'
import {
  createClient as createClient5,
  createClientPool as createClientPool5,
  createCluster as createCluster5,
  RESP_TYPES,
} from 'redis5'
import type { RedisClient } from '../../src/stores/redis/store.ts'

// It would print each error that a test makes a server answer with.
Logger.setLoggerConfig('off')

/** A client that is connected for a test. */
export interface Connected {
  readonly client: RedisClient
  close(): unknown
  /** If it reads from memory: resolves once it knows of all earlier changes. */
  catchUp?(): Promise<unknown>
}

/** Ignores error events, because one without a listener ends the process and some tests cause errors. */
function quiet<Client extends { on(event: 'error', listener: () => void): unknown }>(client: Client): Client {
  client.on('error', () => {})
  return client
}

/** Each kind of client, connected to a server on 127.0.0.1. */
export const clients: Readonly<Record<string, (port: number) => Promise<Connected>>> = {
  async redis(port) {
    const client = await quiet(createClient({ socket: { host: '127.0.0.1', port } })).connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis with clientSideCache and keyPrefix'(port) {
    const options = {
      socket: { host: '127.0.0.1', port },
      clientSideCache: { maxEntries: 10_000 },
      keyPrefix: 'app[1]:',
    }
    const client = await quiet(createClient({ RESP: 3, ...options })).connect()
    return { client, close: () => client.destroy(), catchUp: () => client.ping() }
  },
  async 'redis pool with keyPrefix'(port) {
    const client = quiet(createClientPool({ socket: { host: '127.0.0.1', port }, keyPrefix: 'app:' }))
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis pool with clientSideCache'(port) {
    const pool = createClientPool({ RESP: 3, socket: { host: '127.0.0.1', port } }, { clientSideCache: {} })
    const client = quiet(pool)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis 5'(port) {
    const client = await quiet(createClient5({ socket: { host: '127.0.0.1', port } })).connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis 5 with bytes'(port) {
    const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.MAP]: Map }
    const options = { socket: { host: '127.0.0.1', port }, commandOptions: { typeMapping } }
    const client = await quiet(createClient5({ RESP: 3, ...options })).connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis 5 with clientSideCache'(port) {
    const options = { socket: { host: '127.0.0.1', port }, clientSideCache: { maxEntries: 10_000 } }
    const client = await quiet(createClient5({ RESP: 3, ...options })).connect()
    return { client, close: () => client.destroy(), catchUp: () => client.ping() }
  },
  async 'redis 5 pool'(port) {
    const client = quiet(createClientPool5({ socket: { host: '127.0.0.1', port } }))
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async ioredis(port) {
    const client = quiet(new Redis({ host: '127.0.0.1', port }))
    return { client, close: () => client.disconnect() }
  },
  async 'ioredis with keyPrefix'(port) {
    const client = quiet(new Redis({ host: '127.0.0.1', port, keyPrefix: 'app[1]:', stringNumbers: true }))
    return { client, close: () => client.disconnect() }
  },
  async iovalkey(port) {
    const client = quiet(new Valkey({ host: '127.0.0.1', port }))
    return { client, close: () => client.disconnect() }
  },
  async 'valkey-glide'(port) {
    const client = await GlideClient.createClient({
      addresses: [{ host: '127.0.0.1', port }],
      requestTimeout: 5000,
      advancedConfiguration: { connectionTimeout: 10_000 },
    })
    return { client, close: () => client.close() }
  },
  async 'valkey-glide with bytes'(port) {
    const addresses = [{ host: '127.0.0.1', port }]
    const options = { addresses, requestTimeout: 5000, defaultDecoder: Decoder.Bytes }
    const client = await GlideClient.createClient(options)
    return { client, close: () => client.close() }
  },
}

type Addresses = readonly { readonly host: string; readonly port: number }[]

/** Each kind of client that supports it, connected to a cluster. */
export const clusterClients: Readonly<Record<string, (addresses: Addresses) => Promise<Connected>>> = {
  async redis(addresses) {
    const client = quiet(createCluster({ rootNodes: addresses.map((socket) => ({ socket })) }))
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis with clientSideCache'(addresses) {
    const rootNodes = addresses.map((socket) => ({ socket }))
    const client = quiet(createCluster({ RESP: 3, rootNodes, clientSideCache: {} }))
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async 'redis 5'(addresses) {
    const client = quiet(createCluster5({ rootNodes: addresses.map((socket) => ({ socket })) }))
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async ioredis(addresses) {
    const client = quiet(new Cluster([...addresses]))
    return { client, close: () => client.disconnect() }
  },
  async 'ioredis that reads at replicas'(addresses) {
    const client = quiet(new Cluster([...addresses], { scaleReads: 'all', redisOptions: { keyPrefix: '{app}[1]:' } }))
    return { client, close: () => client.disconnect() }
  },
  async iovalkey(addresses) {
    const client = quiet(new ValkeyCluster([...addresses]))
    return { client, close: () => client.disconnect() }
  },
  async 'valkey-glide'(addresses) {
    const client = await GlideClusterClient.createClient({
      addresses: [...addresses],
      requestTimeout: 5000,
      advancedConfiguration: { connectionTimeout: 10_000 },
    })
    return { client, close: () => client.close() }
  },
}

/** One client of each family: these alone run what is the same for all clients of a family. */
export const families = ['redis', 'ioredis', 'valkey-glide']

export const pick = <Value>(all: Readonly<Record<string, Value>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))

export const omit = <Value>(all: Readonly<Record<string, Value>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)))

/** Each kind of client, of a server that is started later. */
export const clientsOf = (port: () => number) => bound(clients, port)

/** Each kind of client of a cluster that is started later. */
export const clusterClientsOf = (addresses: () => Addresses) => bound(clusterClients, addresses)

const bound = <Place>(each: Readonly<Record<string, (place: Place) => Promise<Connected>>>, place: () => Place) =>
  Object.fromEntries(Object.entries(each).map(([name, connect]) => [name, () => connect(place())]))
