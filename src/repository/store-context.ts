import type { Codec } from '../core/codec.ts'
import type { Events } from '../core/events.ts'
import type { Lifetimes } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Token } from '../core/token.ts'
import type { Ending, SessionLimit, SessionRecord } from '../stores/store.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import type { EndQueue } from './end-queue.ts'
import type { KnownEnds } from './known-ends.ts'
import type { PendingChanges } from './pending-changes.ts'
import type { EndOutcome } from './record.ts'
import type { ResilientStore } from './resilient-store.ts'

/** The objects that the parts of the store backend share. */
export interface StoreContext {
  readonly store: ResilientStore
  readonly endQueue: EndQueue
  readonly known: KnownEnds
  /**
   * Reads the session of a token, and learns whether it is over, also from an answer that comes late. Resolves to its outcome
   * if it is over, and otherwise to its record, or to `null` if it never had one. Read a token's session only with this.
   */
  readAndLearn(
    token: Token,
    moment: LogicalTime,
    read?: ResilientStore['readOrProbe' | 'read'],
  ): MaybePromise<EndOutcome | SessionRecord | null>
  /** The changes that this process has sent in cookies during an outage. */
  readonly pending: PendingChanges
  readonly lifetimes: Lifetimes
  readonly codec: Codec
  readonly events: Events
  /** Whether the cookie is only the id. Then every session has a record, even a guest's without data. */
  readonly idIsSecret: boolean
  /** Sweeps the store in the background if a sweep is due. */
  readonly sweepIfDue: (now: number) => void
  /** Listens to the store's notices from now on, if cookies have copies. */
  readonly listen: () => void
  /** Returns the limit of a user's sessions for a sign-in that happens now; `undefined` for none. */
  readonly limitAt: (now: number) => SessionLimit | undefined
  /** Called when this process has given a session a new secret, with the hash of that secret. */
  readonly onRenew: (id: string, secretHash: string) => void
  /** Called when a session is over for this process. */
  readonly onEnd: (id: string, reason: Ending['ended']) => void
  readonly now: () => number
}
