import { channel } from 'node:diagnostics_channel'
import type { Outcome } from './outcome.ts'

/**
 * An event of a session or of the store. Each is also published on the `node:diagnostics_channel` named `sojourn`.
 * Events hold no secret, no token and no value of the data. `refused` may name keys of the data.
 */
export type SessionEvent =
  /** A request's session was opened. If its token was genuine but rejected, `id` and `userId` are those in the token. */
  | {
      /** The kind of event. */
      readonly type: 'opened'
      /** How the session opened; `explain` describes it in a sentence. */
      readonly outcome: Outcome
      /** The session's id, which does not open it; `null` if it has none, such as the new session of a guest. */
      readonly id: string | null
      /** The id of the session's user; `null` for a guest. */
      readonly userId: string | null
    }
  /**
   * The session was saved.
   *
   * - `began`: for the first time, or at a sign-in
   * - `changed`: with changed data
   * - `touched`: only the time of its last use was written
   * - `renewed`: with a new secret; the old cookie no longer opens it
   * - `adopted`: the store created its record, because the session began without the store
   */
  | {
      readonly type: 'began' | 'changed' | 'touched' | 'renewed' | 'adopted'
      readonly id: string | null
      readonly userId: string | null
    }
  /** The session ended: it was signed out, replaced by a sign-in, or revoked. */
  | {
      readonly type: 'ended'
      /**
       * `signed-out` if its own browser ended it, by a sign-out or a sign-in; `revoked` if `revoke` or `revokeAll` did; `limit`
       * if its user signed in beyond `maxSessions`.
       */
      readonly reason: 'signed-out' | 'revoked' | 'limit'
      readonly id: string | null
      readonly userId: string | null
      /** `false` if the store has not confirmed the end yet. */
      readonly confirmed: boolean
    }
  /**
   * A request's changes were discarded, because the session was ended or renewed during the request. Or changes made during
   * an outage of the store were discarded, because the same keys were changed elsewhere meanwhile.
   */
  | {
      readonly type: 'refused'
      readonly id: string
      readonly userId: string | null
      /**
       * The keys of `session.data` whose changes were discarded after an outage, each cut to 100 characters. All others were kept.
       * Missing if it was no outage; empty if only flash messages were discarded.
       */
      readonly keys?: readonly string[]
    }
  /** The store no longer answers. */
  | {
      readonly type: 'store-down'
      /** One line for a log: the store, how long it was asked, and the reason. */
      readonly message: string
      /** The driver's error. */
      readonly error: unknown
    }
  /** The store answers again. */
  | { readonly type: 'store-up' }
  /**
   * This server may not hear that sessions end or are renewed, because its connection for the store's notices is down. Or others
   * may not hear it of sessions that this server ended, because Postgres did not take the notices. Only with `unconfirmedFor`,
   * and once until notices arrive again.
   */
  | { readonly type: 'notices-lost' }

/** Publishes an event. */
export type Emit = (event: SessionEvent) => void

/** The listeners of these sessions. */
export interface Events {
  /** Returns what sends an event to all listeners; `null` if there are none, so that callers need not build the event. */
  emitter(): Emit | null
}

// Cloudflare Workers have no `emitWarning`.
const emitWarning = (error: unknown): void =>
  (process.emitWarning ?? console.warn)(error instanceof Error ? error : String(error))

/**
 * Creates the sender of events. A listener that throws or rejects causes a warning only, because a broken log must not
 * break a sign-in.
 *
 * @param publicId converts an id to the form that events show
 */
export function createEvents(onEvent: Emit | undefined, publicId: (id: string) => string = (id) => id): Events {
  const eventChannel = channel('sojourn')
  const emit: Emit = (original) => {
    const event = 'id' in original && original.id ? { ...original, id: publicId(original.id) } : original
    const callListener = async (): Promise<void> => onEvent?.(event)
    callListener().catch(emitWarning)
    eventChannel.publish(event)
  }
  return { emitter: () => (onEvent !== undefined || eventChannel.hasSubscribers ? emit : null) }
}
