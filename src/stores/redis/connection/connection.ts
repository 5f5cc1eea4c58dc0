import { barely } from '../../shared/redact-error.ts'
import { asking } from './ask.ts'
import type { Dedicated } from '../replicas/dedicated-connection.ts'
import { glide } from './glide.ts'
import { ioRedis, type IoRedis } from './ioredis.ts'
import { kindOf } from './detect-client.ts'
import { nodeRedis, type NodeRedis } from './node-redis.ts'
import { redirected } from './retry-redirects.ts'
import type { Script } from '../scripts.ts'

/**
 * What of a client of redis (node-redis) is called: a client, a pool, a cluster or a sentinel of `createClient`,
 * `createClientPool`, `createCluster` or `createSentinel`, version 5 or newer.
 */
export interface NodeRedisClient {
  /** Runs a script that the server knows. */
  evalSha(sha: any, options?: any): Promise<any>
  /** Runs a script. */
  eval(script: any, options?: any): Promise<any>
  /** Reads a hash. */
  hGetAll(key: any): Promise<any>
}

/** What of a client of ioredis or iovalkey is called: `Redis`, `Valkey` or `Cluster`. */
export interface IoRedisClient {
  /** Runs a script that the server knows. */
  evalsha(sha: any, keys: any, ...args: any[]): Promise<any>
  /** Runs a script. */
  eval(script: any, keys: any, ...args: any[]): Promise<any>
  /** Reads a hash. */
  hgetall(key: any): Promise<any>
}

/** What of a client of valkey-glide is called: `GlideClient` or `GlideClusterClient`. */
export interface GlideClient {
  /** Sends a command. */
  customCommand(command: any[], options?: any): Promise<any>
}

/** A client that the application has made, and closes. */
export type RedisClient = NodeRedisClient | IoRedisClient | GlideClient

/** Sends a command to one server. */
export interface Ask {
  (...command: string[]): Promise<unknown>
  /** `undefined` where the client does not tell. */
  readonly at?: At | undefined
}

/** Where a server is, as its client has it. */
export interface At {
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Of a socket of the file system. */
  readonly path?: string | undefined
  readonly tls?: unknown
}

/**
 * Listens to channels on a connection of its own, which is given up if that is over before it has begun; resolves to what
 * closes it. Calls `lost`, perhaps more than once, when it is gone.
 */
export type Subscribe = (
  channels: readonly string[],
  heard: (message: string) => void,
  lost: () => void,
  over: AbortSignal,
) => Promise<() => unknown>

/** The same few things by any client. All reject with the client's own error, without what was sent. */
export interface Connection {
  /** Runs a script on a key, at the primary that has it; or on several, which have to be at one. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Reads a hash at the primary that has it, as it is; or from the client's memory, as it was within the last second. */
  hash(key: string): Promise<unknown>
  /** Whether keys are at several servers. */
  readonly isCluster: boolean
  /** Every primary. */
  nodes(): Promise<Ask[]>
  /** `null` where the client cannot, or its copy cannot be made. */
  readonly subscribe: Subscribe | null
  /** Loads what makes connections of its own; `null` where the client cannot. */
  readonly dedicated: (() => Promise<Dedicated>) | null
  /** Drops what the client itself has in memory of a key. */
  forget(key: string): void
  /** What the client itself writes before each key. */
  readonly keyPrefix: string
  /** Whether it can be asked without making it connect. */
  readonly isOpen: boolean
}

/** @throws `ERR_STORE_CLIENT` for what is no such client */
export function connectionOf(client: unknown, taker = 'redisStore'): Connection {
  const connection = rawConnectionOf(client, taker)
  const { isCluster, keyPrefix, subscribe, dedicated, forget } = connection
  return {
    run: (...asked) => barely(() => redirected(() => connection.run(...asked))),
    hash: (key) => barely(() => redirected(() => connection.hash(key))),
    async nodes() {
      const nodes = await barely(() => connection.nodes())
      return nodes.map((ask) => asking((command) => barely(() => ask(...command)), ask.at))
    },
    isCluster,
    subscribe,
    dedicated,
    forget,
    keyPrefix,
    get isOpen() {
      return connection.isOpen
    },
  }
}

function rawConnectionOf(client: unknown, taker: string): Connection {
  switch (kindOf(client, taker)) {
    case 'glide':
      return glide(client as GlideClient, 'fcallWithRoute' in (client as object))
    case 'ioredis':
      return ioRedis(client as IoRedis)
    case 'redis':
      return nodeRedis(client as NodeRedis)
  }
}
