import { randomBytes } from 'node:crypto'
import { SojournError } from '../core/errors.ts'
import type { GuardedStore } from './resilient-store.ts'
import { sha256 } from '../util/sha256.ts'
import { notePrefix } from '../stores/reserved-ids.ts'
import { isEnding, type SessionRecord } from '../stores/store.ts'
import type { Moment } from '../core/logical-time.ts'

/** Which session of a user goes on. */
export interface Spared {
  readonly id: string
  /** When its request was opened, where that signs in just now and no store has it yet. */
  readonly coming: Moment | null
}

/**
 * Notes of when all sessions of a user were ended, each kept as a record of its own. A list shows what there is; a note also
 * ends what is about to be: a sign-in under way, a session from before there was a store.
 */
export interface Notes {
  /** Notes that all of a user's sessions end now, save one. `false`, and nothing noted, where that one was itself ended while it came. */
  write(userId: string, moment: Moment, spared: Spared | null): Promise<boolean>
  /** Whether what a user began at some moment was ended since, or in the same instant. */
  hasEnded(userId: string, id: string, began: Moment): Promise<boolean>
}

interface Note extends Moment {
  readonly by: string
  readonly spared: string | null
}

const tries = 100

/** @param keptFor for how long a note is of use, in milliseconds: until all that it ends would have ended by itself */
export function createNotes(store: GuardedStore, keptFor: number): Notes {
  const self = randomBytes(8).toString('base64url')

  async function read(id: string): Promise<{ note: Note; version: number } | null> {
    const found = await store.read(id)
    if (found === null || isEnding(found)) return null
    return { note: JSON.parse(found.data['note']!) as Note, version: found.version }
  }

  const isLater = ({ at, count, by }: Note, moment: Moment): boolean =>
    at > moment.at || (at === moment.at && by === self && count > moment.count)

  /** Whether a note ends what began at some moment. */
  function ends(note: Note | undefined, id: string, began: Moment): boolean {
    if (note === undefined || note.spared === id) return false
    return note.at > began.at || (note.at === began.at && !(note.by === self && note.count < began.count))
  }

  return {
    async write(userId, moment, spared) {
      const id = idOf(userId)
      const expiresAt = Math.floor(moment.at + keptFor)
      for (let tried = 0; tried < tries; tried++) {
        const present = await read(id)
        if (spared?.coming && ends(present?.note, spared.id, spared.coming)) return false
        // A later one says more, but for the session that this one spares.
        if (present !== null && isLater(present.note, moment)) return true
        // Two processes in one millisecond have no order: then it ends whatever began in it.
        const by = present?.note.at === moment.at && present.note.by !== self ? '' : self
        const data = { note: JSON.stringify({ ...moment, by, spared: spared?.id ?? null } satisfies Note) }
        const record: SessionRecord = { ...blank, id, createdAt: moment.at, lastSeenAt: moment.at, expiresAt, data }
        if (present === null && (await store.create(record))) return true
        if (present === null) continue
        const held = { secretHash: blank.secretHash, version: present.version }
        // As a renewal, which a store waits for where it was asked to wait for replicas.
        const { secretHash } = blank
        const change = { set: data, unset: [], lastSeenAt: moment.at, expiresAt, secretHash }
        if ((await store.update(id, held, change)) !== null) return true
      }
      throw new SojournError('ERR_SESSION_UNAVAILABLE', 'Too many requests end the sessions of one user at once.')
    },

    async hasEnded(userId, id, began) {
      return ends((await read(idOf(userId)))?.note, id, began)
    },
  }
}

const idOf = (userId: string): string => notePrefix + sha256(userId)

const blank = {
  secretHash: 'none',
  version: 1,
  userId: null,
  signedInAt: null,
  remember: false,
  label: null,
} as const
