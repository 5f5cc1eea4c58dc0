import type { Texts } from '../core/texts.ts'

/** What a store keeps of one session. Instants are epoch milliseconds. */
export interface SessionRecord {
  /** The same for the session's whole life, and safe in a key, a path or a query: `[\w.-]{1,128}`. It opens nothing. */
  readonly id: string
  /** SHA-256 of the secret in the cookie, as base64url. The library compares it. */
  readonly secretHash: string
  /** Rises by one with every change of the data. */
  readonly version: number
  /** Whose session it is; `null` for a guest's. */
  readonly userId: string | null
  /** When it began. */
  readonly createdAt: number
  /** When its user last proved who they are; `null` for a guest's. The absolute timeout counts from here, or else from `createdAt`. */
  readonly signedInAt: number | null
  /** When it was last used, as precise as `touchAfter` writes it. */
  readonly lastSeenAt: number
  /**
   * For how much longer the store keeps the record, in milliseconds, where that is all it knows of when the session was used:
   * then `lastSeenAt` says nothing.
   */
  readonly keptFor?: number | undefined
  /** From when on a store may drop the record. It may keep it for longer, and give it back: the library judges. */
  readonly expiresAt: number
  /** Whether the cookie outlives the browser. */
  readonly remember: boolean
  /** What the application calls the device, for people to recognise it by, or `null`. */
  readonly label: string | null
  /** Kept and given back to the letter; a store reads nothing into the texts. */
  readonly data: Texts
}

/** What is shown of a session in a list. */
export type SessionInfo = Omit<SessionRecord, 'data' | 'secretHash' | 'version' | 'keptFor'>

/** What stays of a session that was ended, so that its id is never live again and its bearer can be told why. */
export interface Ending {
  /** Why it ended: by its own sign-out, or from elsewhere. */
  readonly ended: 'signed-out' | 'revoked'
  /** Epoch milliseconds. */
  readonly endedAt: number
  /** From when on it may be forgotten, since no cookie of the session opens any more; at once where that is now. Epoch milliseconds. */
  readonly expiresAt: number
  /**
   * The id under which the session goes on, where it was renewed by one that is new. Who has the old id is signed out all the
   * same; who watches it is told that it was renewed.
   */
  readonly movedTo?: string | undefined
}

/** What a record must still hold for a change of it to happen. */
export interface Held {
  /** What its `secretHash` still has to be. */
  readonly secretHash: string
  /** Whose it still has to be, for a store in which others sign in and out without a new id; no other need look. */
  readonly userId?: string | null | undefined
  /** Left out, a change is made whatever others changed meanwhile. */
  readonly version?: number | undefined
}

/** A change of a record: keys of the data that changed, and fields of the record itself. Instants are epoch milliseconds. */
export interface RecordChange {
  /** Keys to write. */
  readonly set: Texts
  /** Keys to remove; removing one that is not there is no error. */
  readonly unset: readonly string[]
  /** When it was last used. */
  readonly lastSeenAt: number
  /** From when on the record may be dropped. */
  readonly expiresAt: number
  /** The new secret's hash, of a session that is renewed; left out, as all that follow, the field stays as it is. */
  readonly secretHash?: string | undefined
  /** The new id, where a format's cookie is nothing but the id: the record moves there, and an ending stays in its place. */
  readonly id?: string | undefined
  /** When its user signed in again. */
  readonly signedInAt?: number | undefined
  /** Whether the cookie outlives the browser from now on. */
  readonly remember?: boolean | undefined
  /** The device's new label; `null` for none. */
  readonly label?: string | null | undefined
  /** The version from now on, of a copy that becomes what its original is; left out, it rises by one if the data changed. */
  readonly version?: number | undefined
}

/**
 * Keeps records by id. Five functions and no policy: a store reads no clock, computes no expiry, makes no id, knows no cookie.
 *
 * Each call is one step that others see whole or not at all, and see at once when it has resolved: no replica that lags, no
 * cache that was not told. A record that is missing is an answer; a server that is missing rejects, with the driver's own
 * error. `until`, in epoch milliseconds, is when the caller stops waiting: an engine that would carry a write out only
 * later, from a client's queue, does better not to. Others ignore it. `storeSuite` of `sojourn/testing` holds these
 * sentences as tests.
 *
 * A store that cannot keep some data, however often it is asked, rejects with a `SojournError` of the code `ERR_DATA`: the
 * caller is told it as it is, and the store does not count as down.
 */
export interface SessionStore {
  /**
   * Adds a record, and resolves to `true`. Resolves to `false`, writing nothing, when its id is taken: by a record, or by an
   * ending that is not forgotten. Once resolved, `list` of its user shows it: a store with an index writes the index first.
   */
  create(record: SessionRecord, until?: number): Promise<boolean>

  /** Resolves to the record; to its ending, if it was ended; or to `null`. */
  read(id: string): Promise<SessionRecord | Ending | null>

  /**
   * Writes the changed keys and fields, leaves all others as they are, and resolves to the record's version: one up if the
   * data changed, or the one that the change names. Resolves to `null`, writing nothing, when there is no record or it was ended (ended stays ended: never an
   * upsert), or when it no longer holds what it must.
   */
  update(id: string, held: Held, change: RecordChange, until?: number): Promise<number | null>

  /**
   * Puts an ending in the place of a record, its data gone. Of several calls for one record exactly one resolves to `true`, or
   * to `'unconfirmed'` where the store was asked to wait for replicas and too few of them answered; every other call resolves
   * to `false`. Where there is no room for the ending, the record goes all the same.
   */
  end(id: string, ending: Ending, until?: number): Promise<boolean | 'unconfirmed'>

  /**
   * Resolves to a user's records, in any order; to none that was ended. May include some that have expired. Removes from an
   * index only what has expired, never what it merely does not find: that may be a session about to be created.
   */
  list(userId: string): Promise<SessionInfo[]>

  /** Removes records and endings that expired before an instant, some at a time, and resolves to how many; to 0 when none is left. For engines that expire nothing by themselves. */
  sweep?(before: number): Promise<number>

  /** Gives every record and ending with its id, in any order, one perhaps more than once; what changes meanwhile may be missing. For moving to another store. */
  all?(): AsyncIterable<readonly [id: string, SessionRecord | Ending]>

  /**
   * Calls back when a record is ended or gets a new secret, by any process, and when one may have: whoever is called back
   * looks. Returns what stops that.
   */
  watch?(id: string, onChange: () => void): () => void
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

/** Whether what a store gave is an ending. */
export function isEnding(found: SessionRecord | Ending): found is Ending {
  return 'ended' in found
}
