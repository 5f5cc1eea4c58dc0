import type { Texts } from '../core/texts.ts'

/**
 * Names a session in a store. All sessions of one user are one unit, and each operation of a store is one atomic step on one unit.
 * A guest's session is a unit of its own.
 */
export interface SessionKey {
  /** Names the session for its whole life. Safe in a key, a path or a query: `[\w.-]{1,128}`. It opens nothing. */
  readonly id: string
  /** The user whose session it is; `null` for a guest's. */
  readonly userId: string | null
}

/** A way in which a user proved who they are, such as `passkey`, and when: epoch milliseconds. */
export type ConfirmedMethod = readonly [name: string, at: number]

/** A session as a store keeps it. Instants are epoch milliseconds. */
export interface SessionRecord extends SessionKey {
  /** SHA-256 of the secret in the cookie, as base64url. Opaque to a store, except that `update` compares it. */
  readonly secretHash: string
  /** Rises by one with every change of the data. */
  readonly version: number
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
  /** The idle timeout of this session, in seconds, if it is shorter than that of all; otherwise `null`. */
  readonly idleTimeout: number | null
  /** The absolute timeout of this session, in seconds, if it is shorter than that of all; otherwise `null`. */
  readonly absoluteTimeout: number | null
  /** How and when its user proved who they are, each method once. */
  readonly methods: readonly ConfirmedMethod[]
  /** The session's data. A store returns every key and text exactly, and does not parse the texts. */
  readonly data: Texts
}

/** A session in a list: a record without its data, secret hash and version. */
export type SessionInfo = Omit<SessionRecord, 'data' | 'secretHash' | 'version' | 'keptFor'>

/** Replaces the record of an ended session, so that its id is never live again and the library knows why it ended. */
export interface Ending {
  /**
   * Why the session ended: `'signed-out'` by its own user in its own browser, `'revoked'` from elsewhere, `'limit'` because its
   * user signed in on more devices than `maxSessions`.
   */
  readonly ended: 'signed-out' | 'revoked' | 'limit'
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
  /**
   * The record as the caller has read it, which may be outdated. A store that writes whole records can start from it, and read
   * again only if the record has changed since. Others may ignore it.
   */
  readonly record?: SessionRecord | undefined
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
  /** The session's own idle timeout from now on, in seconds; `null` for none. */
  readonly idleTimeout?: number | null | undefined
  /** The session's own absolute timeout from now on, in seconds; `null` for none. */
  readonly absoluteTimeout?: number | null | undefined
  /** How and when the user proved who they are: replaces the list. */
  readonly methods?: readonly ConfirmedMethod[] | undefined
  /** The record's new version. If it is left out, the version rises by one if `set` or `unset` has a key. */
  readonly version?: number | undefined
}

/** A notice for a process that watches a store: a session ended, or a renewal replaced its secret. */
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

/** The conditions of a `create`. */
export interface CreateOptions {
  /**
   * When the request that signs in was opened, by `performance.now()` of this process, in milliseconds. The record is not added if its user's
   * sessions were all ended since. A store compares the time that has passed with its own clock, and counts the time that its
   * call takes as well: read your own clock first, then `performance.now()`. So no clocks of two servers are compared. A
   * sign-in that was opened shortly after may be refused, but none that was opened before is accepted.
   *
   * @default no condition
   */
  readonly openedAt?: number | undefined
  /**
   * When the session began, in epoch milliseconds, by the clock of another server, for a session that began without the store.
   * The record is not added if its user's sessions were all ended later.
   *
   * @default no condition
   */
  readonly beganAt?: number | undefined
  /** The limit of the user's sessions. @default no limit */
  readonly limit?: SessionLimit | undefined
}

/** How many sessions a user may have. Sessions that have ended, or expired before the new record's `lastSeenAt`, do not count. */
export interface SessionLimit {
  /** How many there may be, the new one included; at least 1. */
  readonly max: number
  /** The ending of the sessions that began first, as many as exceed the limit; `null` to add no record instead. */
  readonly ending: Ending | null
}

/** The result of a `create`. */
export interface CreateResult {
  /**
   * - `created`: the record was added.
   * - `taken`: its id has a record, or an ending that was not dropped yet.
   * - `cut-off`: its user's sessions were all ended after it began.
   * - `full`: its user has as many sessions as the limit allows.
   */
  readonly result: 'created' | 'taken' | 'cut-off' | 'full'
  /** The ids of the sessions that the limit ended. */
  readonly ended: readonly string[]
}

/** The session that an `endAll` spares. */
export interface SparedSession {
  /** The session's id. */
  readonly id: string
  /** As in {@link CreateOptions}, in milliseconds, if the session is being created by the request that calls, and has no record yet. */
  readonly openedAt?: number | undefined
}

/** When all sessions of a user were ended, kept so that no sign-in of before can add one. Instants are epoch milliseconds. */
export interface Cutoff {
  /** When, by the store's clock. */
  readonly at: number
  /** The id of the session that was spared, or `null`. */
  readonly spared: string | null
  /** From this instant on, a store may drop it, because no cookie of an older session can open any more. */
  readonly expiresAt: number
}

/** The result of an `endAll`. */
export interface EndAllResult {
  /** `false` if the session to spare has itself ended, or has no record and was cut off. Then nothing was done. */
  readonly isDone: boolean
  /** The ids of the sessions that this call ended, except those that had expired by the ending's `endedAt`. */
  readonly ended: readonly string[]
  /** `false` if a store that waits for replicas had too few answers. A failover could undo the call. */
  readonly isConfirmed: boolean
  /** The cutoff that the call set, if it is not confirmed: the library repeats it by `putCutoff`. */
  readonly cutoff?: Cutoff | undefined
}

/** An entry that `all` yields: a session's record or ending, or a user's cutoff. */
export type StoreEntry =
  | {
      /** The key of a session. */
      readonly key: SessionKey
      /** Its record, or its ending. */
      readonly found: SessionRecord | Ending
    }
  | {
      /** The user whose cutoff it is. */
      readonly userId: string
      /** When all sessions of the user were ended. */
      readonly cutoff: Cutoff
    }

/**
 * Keeps sessions. A store is six functions and has no policy: it computes no expiry, makes no id and knows no cookie. Its clock
 * serves `until`, and orders sign-ins and `endAll` of one user.
 *
 * - **One unit for each user.** A user's sessions, their endings and the cutoff are one unit, a guest's session is another. Each
 *   call is one atomic step on one unit: other calls see all of its effect or nothing of it. If an engine drops data to make room,
 *   it must drop whole units.
 * - **Visible at once.** After a call has resolved, every process sees its effect. A store must not answer from a replica that
 *   lags, or from a cache that the write did not update.
 * - **A missing record is an answer.** The calls below say which. A server that does not answer is an error: reject with the
 *   driver's error. A key with another `userId` than the record's names no record.
 * - **`until`** is the instant at which the caller stops waiting, in epoch milliseconds. An engine that could execute a queued
 *   write later should not execute it after that. Others may ignore it.
 * - **`ERR_DATA`.** If a store can never keep some data, reject with a `SojournError` of that code. The caller gets this error
 *   as it is, and the store does not count as down.
 *
 * `storeSuite` of `sojourn/testing` tests all of this.
 */
export interface SessionStore {
  /** Names the store in messages about outages, such as `Redis at localhost:6379`. It contains no password. */
  readonly name?: string | undefined

  /**
   * Adds a record, if its id is free and the conditions hold. Otherwise it writes nothing, and says why. The conditions are checked
   * in the order `taken`, `cut-off`, `full`. A guest's record has no conditions. A cutoff that spares the record's id does not cut it off.
   */
  create(record: SessionRecord, options?: CreateOptions, until?: number): Promise<CreateResult>

  /** Resolves to the record, to the ending if the session was ended, or to `null` if the key has neither. */
  read(key: SessionKey): Promise<SessionRecord | Ending | null>

  /**
   * Writes the changed keys and fields, leaves all others unchanged, and resolves to the record's new version: one higher if
   * the data changed, the same if it did not, or the version that the change names.
   *
   * Resolves to `null`, writing nothing, if there is no record, if the session was ended, or if the record does not match
   * `held`. It never creates a record, and an ended session stays ended.
   */
  update(key: SessionKey, held: Held, change: RecordChange, until?: number): Promise<number | null>

  /**
   * Replaces a record by an ending, and deletes its data. Of several calls for one record, exactly one resolves to `true`. All
   * others resolve to `false`, as does a call for a key without a record, and write nothing.
   *
   * Instead of `true`, a store that waits for replicas resolves to `'unconfirmed'` if too few of them answered. If the
   * disk or memory is full and has no room for the ending, the record is deleted all the same.
   */
  end(key: SessionKey, ending: Ending, until?: number): Promise<boolean | 'unconfirmed'>

  /**
   * Ends all sessions of a user but `except`, and sets the user's cutoff to now, by the store's clock, sparing `except`; also if the
   * clock has gone back since an earlier cutoff, because a cutoff in the future would keep the user out. The cutoff has the ending's `expiresAt`. Nothing is done if `except` has no record, unless it is being created and was not cut off.
   *
   * If the disk or memory is full and has no room for the cutoff, the sessions end all the same, and the call rejects.
   */
  endAll(userId: string, ending: Ending, except?: SparedSession | null, until?: number): Promise<EndAllResult>

  /** Resolves to a user's sessions that were not ended, in any order. It may include sessions that have expired. */
  list(userId: string): Promise<SessionInfo[]>

  /**
   * Removes some of the records, endings and cutoffs that expired before an instant, in epoch milliseconds, and resolves to how
   * many; to 0 if none is left. For engines that expire nothing by themselves.
   */
  sweep?(before: number): Promise<number>

  /**
   * Yields every record, ending and cutoff, in any order. It may yield one twice, and may miss what changes meanwhile. For
   * moving to another store.
   */
  all?(): AsyncIterable<StoreEntry>

  /**
   * Sets a user's cutoff, unless a later one is there. Ends no session. For moving from another store, and for a cutoff that too few
   * replicas had: a store that waits for replicas rejects with `TooFewReplicas`, also if the cutoff was there.
   */
  putCutoff?(userId: string, cutoff: Cutoff): Promise<void>

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
 * Throw it from `create`, and from an `update` whose loss would matter, such as a renewal. `end` and `endAll` say so in their
 * result instead, once the endings are written. It does not count as an outage, because the store answers.
 */
export class TooFewReplicas extends Error {}

/** Returns whether a store found an ending, and not a record. */
export function isEnding(found: SessionRecord | Ending): found is Ending {
  return 'ended' in found
}
