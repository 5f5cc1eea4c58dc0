import { randomBytes } from 'node:crypto'
import { SojournError } from '../core/errors.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { cutoffPrefix, systemRecord } from '../stores/reserved-ids.ts'
import { isEnding, type SessionRecord } from '../stores/store.ts'
import { sha256 } from '../util/sha256.ts'
import type { ResilientStore, Waiting } from './resilient-store.ts'

/** The session that `revokeAll` spares. */
export interface ExceptSession {
  readonly id: string
  /** When its request was opened, if that request signs in and its session is not stored yet. */
  readonly signingInAt: LogicalTime | null
}

/**
 * A user's cutoff is the time at which `revokeAll` ran, stored as a record. Listed sessions are ended one by one. The cutoff
 * also ends sessions that no list shows: a sign-in in progress, or one from before the store that was not adopted yet.
 */
export interface UserCutoffs {
  /**
   * Sets the cutoff to a moment, sparing one session. Resolves to `false`, writing nothing, if an earlier cutoff has already
   * ended the session to spare.
   */
  write(userId: string, moment: LogicalTime, except: ExceptSession | null): Promise<boolean>
  /** Returns whether a session that began at a moment was cut off since, or in the same millisecond. */
  isCutOff(userId: string, id: string, beganAt: LogicalTime, request?: Waiting): Promise<boolean>
}

interface Cutoff extends LogicalTime {
  /** The process that wrote it. Counts of another process cannot be compared. Empty if two wrote in one millisecond. */
  readonly by: string
  /** The id of the session that it spares. */
  readonly spared: string | null
}

const maxAttempts = 100

/** @param keepForMs how long to keep a cutoff, in milliseconds: until all sessions that it ends would have expired */
export function createUserCutoffs(store: ResilientStore, keepForMs: number): UserCutoffs {
  const ownProcess = randomBytes(8).toString('base64url')

  async function read(id: string, request?: Waiting): Promise<{ cutoff: Cutoff; version: number } | null> {
    const found = await store.read(id, request)
    if (found === null || isEnding(found)) return null
    return { cutoff: parseCutoff(found), version: found.version }
  }

  const isLater = ({ at, count, by }: Cutoff, moment: LogicalTime): boolean =>
    at > moment.at || (at === moment.at && by === ownProcess && count > moment.count)

  /** Returns whether a cutoff ends a session that began at a moment. */
  function cutsOff(cutoff: Cutoff | undefined, id: string, beganAt: LogicalTime): boolean {
    if (cutoff === undefined || cutoff.spared === id) return false
    return (
      cutoff.at > beganAt.at ||
      (cutoff.at === beganAt.at && !(cutoff.by === ownProcess && cutoff.count < beganAt.count))
    )
  }

  /** Resolves to `false` if another process was faster. */
  async function replace(current: { version: number } | null, record: SessionRecord): Promise<boolean> {
    if (current === null) return store.create(record)
    const { id, secretHash, data, lastSeenAt, expiresAt } = record
    // Write it like a renewal, because stores that wait for replicas wait for renewals.
    const change = { set: data, unset: [], lastSeenAt, expiresAt, secretHash }
    return (await store.update(id, { secretHash, version: current.version }, change)) !== null
  }

  return {
    async write(userId, moment, except) {
      const id = cutoffIdOf(userId)
      const expiresAt = Math.floor(moment.at + keepForMs)
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const current = await read(id)
        if (except?.signingInAt && cutsOff(current?.cutoff, except.id, except.signingInAt)) return false
        // A later cutoff ends all that this one would end, and also the session that this one spares.
        if (current !== null && isLater(current.cutoff, moment)) return true
        // Two processes in one millisecond have no order. Then the cutoff ends everything that began in that millisecond.
        const by = current?.cutoff.at === moment.at && current.cutoff.by !== ownProcess ? '' : ownProcess
        const note: Cutoff = { ...moment, by, spared: except?.id ?? null }
        if (await replace(current, systemRecord(id, note.at, expiresAt, { note: JSON.stringify(note) }))) return true
      }
      throw new SojournError(
        'ERR_SESSION_UNAVAILABLE',
        'Too many requests end the sessions of one user at once. Try again.',
      )
    },

    async isCutOff(userId, id, beganAt, request) {
      return cutsOff((await read(cutoffIdOf(userId), request))?.cutoff, id, beganAt)
    },
  }
}

function parseCutoff({ data, lastSeenAt }: SessionRecord): Cutoff {
  try {
    const cutoff = JSON.parse(data['note']!) as Cutoff
    if (Number.isFinite(cutoff.at)) return cutoff
  } catch {
    // The note is damaged.
  }
  // The record's own time is the cutoff's, too. Only the session that it spares is lost.
  return { at: lastSeenAt, count: 0, by: '', spared: null }
}

const cutoffIdOf = (userId: string): string => cutoffPrefix + sha256(userId)
