import type { SessionKey } from '../store.ts'
import type { RedisConnection } from './connection/types.ts'
import type { BeginWrite } from './replicas/durability.ts'
import type { RunScript } from './run-script.ts'

/** The parts of a Redis store that its writes use. */
export interface WriteContext {
  readonly connection: RedisConnection
  readonly runScript: RunScript
  /** Returns the Redis key of a session's unit. */
  readonly unitKey: (key: SessionKey) => string
  /** Starts a write that waits for replicas, if the store does. */
  readonly beginWrite: BeginWrite
  /** Returns a stamp that is unique to the call. */
  readonly createStamp: () => string
  /** Returns the words of a script. */
  readonly wordsOf: (id: string, stamp: string, ...more: readonly (string | number | undefined)[]) => string
}
