import { randomBytes } from 'node:crypto'
import { SojournError } from '../core/errors.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { cutoffPrefix, systemRecord } from '../stores/reserved-ids.ts'
import { isEnding } from '../stores/store.ts'
import { sha256 } from '../util/sha256.ts'
import type { ResilientStore } from './resilient-store.ts'

/** Which session of a user goes on. */
export interface ExceptSession {
  readonly id: string
  /** When its request was opened, where that signs in just now and no store has it yet. */
  readonly signingInAt: LogicalTime | null
}

/**
 * Notes of when all sessions of a user were ended, each kept as a record of its own. A list shows what there is; a note also
 * ends what is about to be: a sign-in under way, a session from before there was a store.
 */
export interface UserCutoffs {
  /** Notes that all of a user's sessions end now, save one. `false`, and nothing noted, where that one was itself ended while it came. */
  write(userId: string, moment: LogicalTime, except: ExceptSession | null): Promise<boolean>
  /** Whether what a user began at some moment was ended since, or in the same instant. */
  isCutOff(userId: string, id: string, began: LogicalTime): Promise<boolean>
}

interface Cutoff extends LogicalTime {
  readonly by: string
  readonly spared: string | null
}

const maxAttempts = 100

/** @param keepForMs for how long a note is of use, in milliseconds: until all that it ends would have ended by itself */
export function createUserCutoffs(store: ResilientStore, keepForMs: number): UserCutoffs {
  const ownProcess = randomBytes(8).toString('base64url')

  async function read(id: string): Promise<{ cutoff: Cutoff; version: number } | null> {
    const found = await store.read(id)
    if (found === null || isEnding(found)) return null
    return { cutoff: JSON.parse(found.data['note']!) as Cutoff, version: found.version }
  }

  const isLater = ({ at, count, by }: Cutoff, moment: LogicalTime): boolean =>
    at > moment.at || (at === moment.at && by === ownProcess && count > moment.count)

  /** Whether a note ends what began at some moment. */
  function cutsOff(cutoff: Cutoff | undefined, id: string, began: LogicalTime): boolean {
    if (cutoff === undefined || cutoff.spared === id) return false
    return cutoff.at > began.at || (cutoff.at === began.at && !(cutoff.by === ownProcess && cutoff.count < began.count))
  }

  return {
    async write(userId, moment, except) {
      const id = cutoffIdOf(userId)
      const expiresAt = Math.floor(moment.at + keepForMs)
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const current = await read(id)
        if (except?.signingInAt && cutsOff(current?.cutoff, except.id, except.signingInAt)) return false
        // A later one says more, but for the session that this one spares.
        if (current !== null && isLater(current.cutoff, moment)) return true
        // Two processes in one millisecond have no order: then it ends whatever began in it.
        const by = current?.cutoff.at === moment.at && current.cutoff.by !== ownProcess ? '' : ownProcess
        const data = { note: JSON.stringify({ ...moment, by, spared: except?.id ?? null } satisfies Cutoff) }
        const record = systemRecord(id, moment.at, expiresAt, data)
        if (current === null && (await store.create(record))) return true
        if (current === null) continue
        const { secretHash } = record
        const held = { secretHash, version: current.version }
        // As a renewal, which a store waits for where it was asked to wait for replicas.
        const change = { set: data, unset: [], lastSeenAt: moment.at, expiresAt, secretHash }
        if ((await store.update(id, held, change)) !== null) return true
      }
      throw new SojournError('ERR_SESSION_UNAVAILABLE', 'Too many requests end the sessions of one user at once.')
    },

    async isCutOff(userId, id, began) {
      return cutsOff((await read(cutoffIdOf(userId)))?.cutoff, id, began)
    },
  }
}

const cutoffIdOf = (userId: string): string => cutoffPrefix + sha256(userId)
