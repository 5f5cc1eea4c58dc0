import type { Texts } from '../core/texts.ts'

/** A session as a store keeps it. Instants are epoch milliseconds. */
export interface SessionRecord {
  /** Names the session for its whole life. Safe in a key, a path or a query: `[\w.-]{1,128}`. It opens nothing. */
  readonly id: string
  /** SHA-256 of the secret in the cookie, as base64url. Opaque to a store, except that `update` compares it. */
  readonly secretHash: string
  /** Rises by one with every change of the data. */
  readonly version: number
  /** The user whose session it is; `null` for a guest's. */
  readonly userId: string | null
  /** When the session began. */
  readonly createdAt: number
  /**
   * When the user last proved who they are; `null` for a guest's session. The absolute timeout counts from here, or from
   * `createdAt` if this is `null`.
   */
  readonly signedInAt: number | null
  /** The last recorded use. Uses within `touchAfter` of each other are recorded as one. */
  readonly lastSeenAt: number
  /**
   * How much longer the store keeps the record, in milliseconds. Set only by a store that does not know when the session was
   * last used. The library then computes `lastSeenAt` from it, and ignores the field's own value.
   */
  readonly keptFor?: number | undefined
  /** From this instant on, a store may drop the record. It may also keep and return it, because the library checks expiry. */
  readonly expiresAt: number
  /** Whether the cookie outlives the browser. */
  readonly remember: boolean
  /** The application's name for the device, which users recognise it by, or `null`. */
  readonly label: string | null
  /** The session's data. A store returns every key and text exactly, and does not parse the texts. */
  readonly data: Texts
}

/** A session in a list: a record without its data, secret hash and version. */
export type SessionInfo = Omit<SessionRecord, 'data' | 'secretHash' | 'version' | 'keptFor'>

/** Replaces the record of an ended session, so that its id is never live again and the library knows why it ended. */
export interface Ending {
  /** Why the session ended: `'signed-out'` by its own user in its own browser, `'revoked'` from elsewhere. */
  readonly ended: 'signed-out' | 'revoked'
  /** When it ended, in epoch milliseconds. */
  readonly endedAt: number
  /**
   * From this instant on, a store may drop the ending, because no cookie of the session can open any more. It may be in the
   * past: then the ending may be dropped at once. Epoch milliseconds.
   */
  readonly expiresAt: number
  /**
   * The session's new id, if a renewal replaced the id. The old id opens nothing. A watcher of it learns that the session was
   * renewed, not ended.
   */
  readonly movedTo?: string | undefined
}

/** The state that a record must still have, so that an `update` of it is written. */
export interface Held {
  /** The `secretHash` that the record must have. */
  readonly secretHash: string
  /**
   * The user whose session it must be. Only a store in which another library changes the user of a session without changing
   * its id has to check this. All others may ignore it.
   */
  readonly userId?: string | null | undefined
  /** The version that the record must have. If it is left out, the change is written whatever the version is. */
  readonly version?: number | undefined
}

/** A change of a record: keys of the data, and fields of the record itself. Instants are epoch milliseconds. */
export interface RecordChange {
  /** Keys to write, with their new texts. */
  readonly set: Texts
  /** Keys to remove. A key that does not exist is no error. */
  readonly unset: readonly string[]
  /** The record's new `lastSeenAt`. */
  readonly lastSeenAt: number
  /** The record's new `expiresAt`. */
  readonly expiresAt: number
  /**
   * The hash of the new secret, for a renewal. If this field or one below is left out or `undefined`, the record's field is
   * unchanged; `version` says what holds for it.
   */
  readonly secretHash?: string | undefined
  /**
   * The session's new id, for a renewal in a format whose cookie is only the id. The record moves to the new id, and an ending
   * with `movedTo` replaces it at the old one. The library sends this only to stores of such a format.
   */
  readonly id?: string | undefined
  /** When the user signed in again. */
  readonly signedInAt?: number | undefined
  /** Whether the cookie outlives the browser from now on. */
  readonly remember?: boolean | undefined
  /** The device's new label; `null` removes it. */
  readonly label?: string | null | undefined
  /** The record's new version. If it is left out, the version rises by one if `set` or `unset` has a key. */
  readonly version?: number | undefined
}

/** What a process that watches a store learns: a session ended, or a renewal replaced its secret. */
export type SessionNotice = {
  /** The session's id. */
  readonly id: string
  /** Whether it is a guest's session. */
  readonly isGuest: boolean
} & (
  | {
      /** Why it ended. */
      readonly ended: Ending['ended']
    }
  | {
      /** The hash of the secret that was replaced: `held.secretHash` of the `update`. */
      readonly replacedHash: string
      /** The hash of the secret that the session has now. */
      readonly secretHash: string
    }
)

/**
 * Keeps records by id. A store is five functions and has no policy: it computes no expiry, makes no id and knows no cookie.
 * Its clock serves `until` only.
 *
 * - **Atomic.** Other calls see all of a call's effect or nothing of it.
 * - **Visible at once.** After a call has resolved, every process sees its effect. A store must not answer from a replica that
 *   lags, or from a cache that the write did not update.
 * - **A missing record is an answer.** The calls below say which. A server that does not answer is an error: reject with the
 *   driver's error.
 * - **`until`** is the instant at which the caller stops waiting, in epoch milliseconds. An engine that could execute a queued
 *   write later should not execute it after that. Others may ignore it.
 * - **`ERR_DATA`.** If a store can never keep some data, reject with a `SojournError` of that code. The caller gets this error
 *   as it is, and the store does not count as down.
 *
 * `storeSuite` of `sojourn/testing` tests all of this.
 */
export interface SessionStore {
  /**
   * Adds a record and resolves to `true`. Resolves to `false`, writing nothing, if its id has a record, or an ending that was
   * not dropped yet. After it has resolved, `list` of the user shows the session: a store with an index writes the index first.
   */
  create(record: SessionRecord, until?: number): Promise<boolean>

  /** Resolves to the record, to the ending if the session was ended, or to `null` if the id has neither. */
  read(id: string): Promise<SessionRecord | Ending | null>

  /**
   * Writes the changed keys and fields, leaves all others unchanged, and resolves to the record's new version: one higher if
   * the data changed, the same if it did not, or the version that the change names.
   *
   * Resolves to `null`, writing nothing, if there is no record, if the session was ended, or if the record does not match
   * `held`. It never creates a record, and an ended session stays ended.
   */
  update(id: string, held: Held, change: RecordChange, until?: number): Promise<number | null>

  /**
   * Replaces a record by an ending, and deletes its data. Of several calls for one record, exactly one resolves to `true`. All
   * others resolve to `false`, as does a call for an id without a record, and write nothing.
   *
   * Instead of `true`, a store that waits for replicas resolves to `'unconfirmed'` if too few of them answered. If the
   * disk or memory is full and has no room for the ending, the record is deleted all the same.
   */
  end(id: string, ending: Ending, until?: number): Promise<boolean | 'unconfirmed'>

  /**
   * Resolves to a user's sessions that were not ended, in any order. It may include sessions that have expired.
   *
   * A store with an index may remove only expired sessions from it. It must not remove one whose record it cannot find,
   * because that session may be about to be created.
   */
  list(userId: string): Promise<SessionInfo[]>

  /**
   * Removes some of the records and endings that expired before an instant, in epoch milliseconds, and resolves to how many;
   * to 0 if none is left. For engines that expire nothing by themselves.
   */
  sweep?(before: number): Promise<number>

  /**
   * Yields every record and ending with its id, in any order. It may yield one twice, and may miss what changes meanwhile. For
   * moving to another store.
   */
  all?(): AsyncIterable<readonly [id: string, SessionRecord | Ending]>

  /**
   * Calls back after any process has ended a session or replaced its secret. Returns a function that stops the calls.
   *
   * @param onNotice gets each notice, or `null` if notices may be missing: the caller then reads the sessions that it watches.
   * While no notices arrive, it is called with `null` at least once a second.
   * @param onLost is called if notices may have been lost, for example because the connection broke. It is called once until
   * notices arrive again.
   */
  watch?(onNotice: (notice: SessionNotice | null) => void, onLost?: () => void): () => void
}

/**
 * The error of a store that skipped a write because its `until` had passed. Nothing was written.
 *
 * The library then calls again if its own caller still waits. Throw it where the engine compares `until` with its clock, because
 * a client's queue may deliver a write late.
 */
export class TooLate extends Error {}

/**
 * The error of a store that waits for replicas, if too few of them confirmed a write in time. The write may have happened, and a
 * failover may undo it.
 *
 * Throw it from `create`, and from an `update` whose loss would matter, such as a renewal. `end` resolves to `'unconfirmed'`
 * instead once its ending is written. It does not count as an outage, because the store answers.
 */
export class TooFewReplicas extends Error {}

/** Returns whether a store found an ending, and not a record. */
export function isEnding(found: SessionRecord | Ending): found is Ending {
  return 'ended' in found
}
