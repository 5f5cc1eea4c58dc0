/**
 * The methods that the store needs of a client of redis (node-redis), version 5 or newer: a client, pool, cluster or
 * sentinel of `createClient`, `createClientPool`, `createCluster` or `createSentinel`.
 */
export interface NodeRedisClient {
  /** Runs a script that the server knows. */
  evalSha(sha: any, options?: any): Promise<any>
  /** Runs a script. */
  eval(script: any, options?: any): Promise<any>
  /** Reads a field of a hash. */
  hGet(key: any, field: any): Promise<any>
}

/** The methods that the store needs of a client of ioredis or iovalkey: `Redis`, `Valkey` or `Cluster`. */
export interface IoRedisClient {
  /** Runs a script that the server knows. */
  evalsha(sha: any, keys: any, ...args: any[]): Promise<any>
  /** Runs a script. */
  eval(script: any, keys: any, ...args: any[]): Promise<any>
  /** Reads a field of a hash. */
  hget(key: any, field: any): Promise<any>
}

/** The method that the store needs of a client of valkey-glide: `GlideClient` or `GlideClusterClient`. */
export interface GlideClient {
  /** Sends a command. */
  customCommand(command: any[], options?: any): Promise<any>
}

/** The method that the store needs of Bun's own client: `RedisClient` of `bun`. */
export interface BunRedisClient {
  /** Sends a command. */
  send(command: any, args: any): Promise<any>
}

/** A client that the application made, and closes itself. */
export type RedisClient = NodeRedisClient | IoRedisClient | GlideClient | BunRedisClient

/** A server's address, as in the options of a client. */
export interface NodeAddress {
  /** `undefined` for the client's default, `localhost`, and for a socket of the file system. */
  readonly host?: string | undefined
  /** `undefined` for the client's default, 6379, and for a socket of the file system. */
  readonly port?: number | undefined
  /** The path of a socket of the file system; `undefined` for TCP. */
  readonly path?: string | undefined
  /** Truthy if the connection uses TLS. */
  readonly tls?: unknown
}

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/**
 * Maps the addresses that servers of a cluster use for themselves to addresses that the application can reach. It is an
 * option of the cluster clients. The function returns `null` or `undefined` if the address needs no mapping.
 */
export type AddressMap = Readonly<Record<string, HostAndPort>> | ((server: string) => HostAndPort | null | undefined)

/** All members that we use of a client of ioredis or iovalkey. An optional member is `undefined` if the client lacks it. */
export interface IoRedis extends IoRedisClient {
  readonly status?: string
  readonly options?: NodeAddress & {
    readonly keyPrefix?: string
    readonly scaleReads?: unknown
    readonly natMap?: AddressMap
    readonly sentinels?: unknown
  }
  call(...command: string[]): Promise<unknown>
  /** Only clusters have it. */
  nodes?(role: 'master'): IoRedis[]
  /** The addresses of each slot's servers, the primary first. Only clusters have it. */
  readonly slots?: readonly (readonly string[] | undefined)[]
  duplicate?(options: object): IoRedis
  connect?(): Promise<unknown>
  disconnect?(): void
  on?(event: string, listener: (...args: unknown[]) => void): unknown
  subscribe?(...channels: string[]): Promise<unknown>
  /** `undefined` or `null` before the client connects. */
  readonly stream?: { unref?(): unknown; destroy?(): unknown } | null
}

/** All members that we use of a client of redis. An optional member is `undefined` if the client lacks it. */
export interface NodeRedis extends NodeRedisClient {
  readonly isOpen?: boolean
  readonly isReady?: boolean
  /** The prefix that the client adds to each key; `undefined` for none. An internal member. */
  readonly _keyPrefix?: unknown
  /** The options of a cluster; `undefined` if this version hides them. An internal member. */
  readonly _options?: { readonly useReplicas?: boolean; readonly nodeAddressMap?: AddressMap }
  /** The client's cache; `undefined` if it has none. */
  readonly clientSideCache?: { invalidate(key: string): void }
  readonly options?: { readonly socket?: NodeAddress }
  sendCommand(...args: unknown[]): Promise<unknown>
  ping(): Promise<unknown>
  /** Calls back with a client of the pool. Only pools have it. */
  execute?<Value>(call: (client: NodeRedis) => Value): Promise<Value>
  /** Only clusters have it. */
  readonly masters?: readonly { readonly address: string }[]
  /** Only clusters have it. */
  nodeClient?(master: unknown): NodeRedis | Promise<NodeRedis>
  /** The servers of each slot. Only clusters have it. */
  readonly slots?: readonly ({ readonly master: { readonly address: string } } | undefined)[]
  /** Only clusters have it. */
  readonly nodeByAddress?: ReadonlyMap<string, unknown>
  /** Only sentinels have it. */
  getSentinelNode?: unknown
  /** Calls back with a client of the primary. An internal member of sentinels. */
  _execute?<Value>(isReadonly: boolean, call: (client: NodeRedis) => Value): Promise<Value>
  duplicate?(options: object): NodeRedis
  connect?(): Promise<unknown>
  destroy?(): void
  on?(event: string, listener: (error?: unknown) => void): unknown
  subscribe?(channels: string[], listener: (message: unknown) => void): Promise<unknown>
  unref?(): void
}

/** All members that we use of Bun's client. An optional member is `undefined` if this version lacks it. */
export interface BunRedis extends BunRedisClient {
  readonly connected?: boolean
  /** Called each time that the client has connected. */
  onconnect?: unknown
  /** Called when the client is closed, or has given up reconnecting. */
  onclose?: unknown
  connect(): Promise<unknown>
  close(): void
  duplicate?(): Promise<BunRedis>
  subscribe(channels: string[], listener: (message: unknown) => void): Promise<unknown>
}
