import type { Script } from '../lua.ts'
import type { DedicatedConnector } from './dedicated-types.ts'
import type { NodeAddress } from './client-types.ts'

/** Sends a command to one server, and resolves to its reply. */
export interface Ask {
  (...command: string[]): Promise<unknown>
  /** The server's address; `undefined` if the client does not know it. */
  readonly address?: NodeAddress | undefined
}

/**
 * Listens to channels on a connection of its own. Resolves to the function that closes it. Stops opening it if `signal` is
 * aborted. Calls `onLost`, perhaps more than once, when the connection is lost.
 */
export type Subscribe = (
  channels: readonly string[],
  onMessage: (message: string) => void,
  onLost: () => void,
  signal: AbortSignal,
) => Promise<() => unknown>

/** The operations that the store needs, the same for each client. All reject with the client's own error, redacted. */
export interface RedisConnection {
  /** Runs a script on a key, at the primary that has the key. Several keys must be on one server. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Reads a hash's field at the primary that has the key, or from the client's cache, which is at most one second old. */
  readField(key: string, field: string): Promise<unknown>
  /** Whether the keys are distributed over several servers. */
  readonly isCluster: boolean
  /** Resolves to one `Ask` for each primary. */
  listPrimaries(): Promise<Ask[]>
  /** `null` if the client cannot listen, or cannot be duplicated. */
  readonly subscribe: Subscribe | null
  /** Resolves to the connector that opens dedicated connections; `null` if the client cannot open any. */
  readonly loadConnector: (() => Promise<DedicatedConnector>) | null
  /** Drops a key from the client's cache. Does nothing if there is no cache. */
  dropCached(key: string): void
  /** The prefix that the client adds to each key; empty for none. */
  readonly keyPrefix: string
  /** Whether a command can be sent without making the client connect first. */
  readonly isOpen: boolean
}

/** A connection that Sojourn opened, and must close. */
export interface OpenedRedis {
  readonly connection: RedisConnection
  /** Resolves when the client is connected. Rejects with its first error; the client then continues to reconnect. */
  readonly ready: Promise<unknown>
  close(): unknown
}

/** A connection that is opened on the first call. */
export interface LazyConnection extends RedisConnection {
  /** Closes the connection if it was opened. All later calls reject. */
  close(): Promise<void>
}
