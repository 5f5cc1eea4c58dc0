import type { RedisConnection } from './connection/types.ts'
import type { BeginWrite } from './replicas/durability.ts'
import type { RunScript } from './run-script.ts'
import type { UserIndex } from './user-index.ts'

/** The parts of a Redis store that its writes use. */
export interface WriteContext {
  readonly connection: RedisConnection
  /** The prefix of each session's key. */
  readonly sessionPrefix: string
  readonly runScript: RunScript
  readonly userIndex: UserIndex
  /** Starts a write that waits for replicas, if the store does. */
  readonly beginWrite: BeginWrite
  /** Returns the field that identifies a call to the scripts, and its value. */
  readonly callId: () => string[]
}
