/**
 * What of a client of redis (node-redis) is called: a client, a pool, a cluster or a sentinel of `createClient`,
 * `createClientPool`, `createCluster` or `createSentinel`, version 5 or newer.
 */

import type { Script } from '../lua.ts'

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

/** Where a server is, as its client has it. */
export interface NodeAddress {
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Of a socket of the file system. */
  readonly path?: string | undefined
  readonly tls?: unknown
}

/** Sends a command to one server. */
export interface Ask {
  (...command: string[]): Promise<unknown>
  /** `undefined` where the client does not tell. */
  readonly address?: NodeAddress | undefined
}

/**
 * Listens to channels on a connection of its own, which is given up if that is over before it has begun; resolves to what
 * closes it. Calls `lost`, perhaps more than once, when it is gone.
 */
export type Subscribe = (
  channels: readonly string[],
  onMessage: (message: string) => void,
  onLost: () => void,
  signal: AbortSignal,
) => Promise<() => unknown>

/** The same few things by any client. All reject with the client's own error, without what was sent. */
export interface RedisConnection {
  /** Runs a script on a key, at the primary that has it; or on several, which have to be at one. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Reads a hash at the primary that has it, as it is; or from the client's memory, as it was within the last second. */
  readHash(key: string): Promise<unknown>
  /** Whether keys are at several servers. */
  readonly isCluster: boolean
  /** Every primary. */
  listPrimaries(): Promise<Ask[]>
  /** `null` where the client cannot, or its copy cannot be made. */
  readonly subscribe: Subscribe | null
  /** Loads what makes connections of its own; `null` where the client cannot. */
  readonly loadConnector: (() => Promise<DedicatedConnector>) | null
  /** Drops what the client itself has in memory of a key. */
  dropCached(key: string): void
  /** What the client itself writes before each key. */
  readonly keyPrefix: string
  /** Whether it can be asked without making it connect. */
  readonly isOpen: boolean
}

/**
 * A connection of its own to one primary. Once broken it stays broken, so that all of its answers come of one server: what
 * `WAIT` counts are the writes of the connection that asks. It keeps no process alive.
 */
export interface DedicatedConnection {
  readonly isOpen: boolean
  send(...command: string[]): Promise<unknown>
  close(): unknown
}

/** Makes such connections, by what a client knows of its servers. */
export interface DedicatedConnector {
  /** Names the server that has a key, as far as the client knows; `''` where there is one. */
  serverOf(key: string): string
  /** Names the server that another server has named, as `placeOf` does. Told a port alone, it is on that one's host. */
  serverInRedirect(redirect: string, fromServer: string): string
  /** Whether the client still knows a server of such a name. */
  knowsServer(server: string): boolean
  /** Connects to the server of such a name, until that is over. */
  open(server: string, signal: AbortSignal): Promise<DedicatedConnection>
}
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** How servers are reached whose own addresses are good only where they are, as clients of clusters are told it. */
export type AddressMap = Readonly<Record<string, HostAndPort>> | ((told: string) => HostAndPort | null | undefined)

/** What there is of a client of ioredis or iovalkey beside what each has. */
export interface IoRedis extends IoRedisClient {
  readonly status?: string
  readonly options?: NodeAddress & {
    readonly keyPrefix?: string
    readonly scaleReads?: unknown
    readonly natMap?: AddressMap
    readonly sentinels?: unknown
  }
  call(...command: string[]): Promise<unknown>
  nodes?(role: 'master'): IoRedis[]
  readonly slots?: readonly (readonly string[] | undefined)[]
  duplicate?(options: object): IoRedis
  connect?(): Promise<unknown>
  disconnect?(): void
  on?(event: string, listener: (...told: unknown[]) => void): unknown
  subscribe?(...channels: string[]): Promise<unknown>
  readonly stream?: { unref?(): unknown; destroy?(): unknown } | null
}

/** What there is of a client of redis beside what each has. */
export interface NodeRedis extends NodeRedisClient {
  readonly isOpen?: boolean
  readonly _keyPrefix?: unknown
  readonly _options?: { readonly useReplicas?: boolean; readonly nodeAddressMap?: AddressMap }
  readonly clientSideCache?: { invalidate(key: string): void }
  readonly masters?: readonly { readonly address: string }[]
  sendCommand(...args: unknown[]): Promise<unknown>
  ping(): Promise<unknown>
  execute?<Value>(call: (client: NodeRedis) => Value): Promise<Value>
  nodeClient?(master: unknown): NodeRedis | Promise<NodeRedis>
  getSentinelNode?: unknown
  readonly options?: { readonly socket?: NodeAddress }
  readonly isReady?: boolean
  readonly slots?: readonly ({ readonly master: { readonly address: string } } | undefined)[]
  readonly nodeByAddress?: ReadonlyMap<string, unknown>
  /** Of a sentinel: hands over a client of the primary. */
  _execute?<Value>(isReadonly: boolean, call: (client: NodeRedis) => Value): Promise<Value>
  duplicate?(options: object): NodeRedis
  connect?(): Promise<unknown>
  destroy?(): void
  on?(event: string, listener: (error?: unknown) => void): unknown
  subscribe?(channels: string[], listener: (message: unknown) => void): Promise<unknown>
  unref?(): void
}

/** A connection that was made here, and is closed here. */
export interface OpenedRedis {
  readonly connection: RedisConnection
  /** Resolves once it is there; rejects with the first error, and goes on trying. */
  readonly ready: Promise<unknown>
  close(): unknown
}

/** A connection that is made when it is first needed. */
export interface LazyConnection extends RedisConnection {
  /** Closes it, if it was made; nothing can be asked from then on. */
  close(): Promise<void>
}
