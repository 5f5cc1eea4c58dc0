import { SojournError } from '../../core/errors.ts'
import { sha256 } from '../../util/sha256.ts'
import type { Ending, Held, RecordChange, SessionStore } from '../../stores/store.ts'
import type { Connection } from '../../stores/redis/connection/types.ts'
import { insist } from './retry-in-background.ts'
import { writeMembers } from './record-fields.ts'
import { changedMembers, membersOf, recordIn, userIdIn, versionOf } from './session-record.ts'
import { createSteps, type FoundRecord } from './redis-operations.ts'

/** How records are kept. */
export interface RecordsOptions {
  readonly keyPrefix: string
  readonly userKey: string
  readonly isJson: boolean
}

/** How often a record is changed anew, where others change it all the time. */
const tries = 1000

/** How many renewals an end follows that happened while its request was under way. */
const mostLinks = 10

/**
 * Flask-Session's records as a store. Flask-Session writes a record whole, and asks nothing; here each write is one of the
 * whole record in the place of the very bytes that were read, and else is tried again with what is there by then. An ending
 * has a key of its own, which is looked at after each write: what is brought back of a session that ended is removed.
 */
export function recordsIn(connection: Connection, { keyPrefix, userKey, isJson }: RecordsOptions): SessionStore {
  const steps = createSteps(connection, keyPrefix)

  function holds({ secretHash, userId, version }: Held, id: string, found: FoundRecord): boolean {
    return (
      secretHash === sha256(id) &&
      (userId === undefined || userId === userIdIn(found.members, userKey)) &&
      (version === undefined || version === versionOf(found.bytes))
    )
  }

  /**
   * Writes a record under a new id in the place of one that is there to the byte. What ended meanwhile is ended there as well.
   *
   * @returns `null` where it had ended, and `false` where others were faster
   */
  async function move(
    id: string,
    found: FoundRecord,
    next: Buffer,
    { id: newId, lastSeenAt, expiresAt }: RecordChange & { id: string },
    until: number | undefined,
  ): Promise<boolean | null> {
    if (!(await steps.put(newId, next, expiresAt - lastSeenAt, until))) return false
    await steps.addMoving(id, newId, until)
    if (!(await steps.take(id, found, until))) {
      await steps.remove(newId)
      return false
    }
    const ending = lasting({ ended: 'signed-out', endedAt: lastSeenAt, expiresAt: 2 * expiresAt - lastSeenAt }, found)
    const put = steps.endingOf(id, { ...ending, movedTo: newId })
    const settle = async (): Promise<true | null> => {
      if (await put()) return true
      await end(newId, ending)
      return null
    }
    return settle().catch(() => {
      // The session has moved all the same, and its user has to be told where.
      insist(settle)
      return true
    })
  }

  async function end(id: string, ending: Ending, until?: number, links = mostLinks): Promise<boolean> {
    const found = await steps.record(id)
    const isEnded = found !== null && (await endFound(id, lasting(ending, found), until))
    if (links === 0) return isEnded
    // It was renewed, or is about to be: what its old cookie signs out is all the same the session.
    const movedTo = (await steps.ending(id))?.movedTo
    const newIds = movedTo === undefined ? (await steps.movingTo(id)).slice(0, mostLinks) : [movedTo]
    const ended = await Promise.all(newIds.map((newId) => end(newId, ending, until, links - 1)))
    return isEnded || ended.includes(true)
  }

  async function endFound(id: string, ending: Ending, until: number | undefined): Promise<boolean> {
    const put = steps.endingOf(id, ending)
    const isFirst = await put(until).catch((error: unknown) => {
      // There is no room for it, and the record goes all the same.
      if (/\bOOM\b/.test(String(error))) return null
      throw error
    })
    const isGone = await steps.remove(id)
    return isFirst ?? isGone
  }

  /** What stays of a session in the moment of its renewal, when its record has gone and its ending is not there yet. */
  async function moving(id: string): Promise<Ending | null> {
    for (const newId of (await steps.movingTo(id)).slice(0, mostLinks)) {
      if ((await steps.record(newId)) !== null) return { ended: 'signed-out', endedAt: 0, expiresAt: 0, movedTo: newId }
    }
    return null
  }

  return {
    async create(record, until) {
      const { id, secretHash, expiresAt, lastSeenAt } = record
      if (secretHash !== sha256(id)) throw new SojournError('ERR_OPTIONS', goesTogether)
      if ((await steps.ending(id)) !== null) return false
      const bytes = writeMembers(membersOf(record, userKey), isJson)
      return steps.put(id, bytes, expiresAt - lastSeenAt, until)
    },

    async read(id) {
      const [ending, found] = await Promise.all([steps.ending(id), steps.record(id)])
      if (ending === null) return found === null ? moving(id) : recordIn(id, found, userKey)
      if (found !== null) {
        // A request of Flask that was under way when it ended has brought it back, and another one may again.
        await steps.prolong(id, 2 * found.keptFor)
        await steps.remove(id)
      }
      return ending
    },

    async update(id, held, change, until) {
      for (let tried = 0; tried < tries; tried++) {
        const found = await steps.record(id)
        if (found === null || !holds(held, id, found)) return null
        const next = writeMembers(changedMembers(found.members, change), isJson)
        if (change.id !== undefined) {
          const isMoved = await move(id, found, next, { ...change, id: change.id }, until)
          if (isMoved === false) continue
          return isMoved && versionOf(next)
        }
        if (!(await steps.swap(id, found, next, change.expiresAt - change.lastSeenAt, until))) continue
        if ((await steps.ending(id)) === null) return versionOf(next)
        await steps.remove(id)
        return null
      }
      throw new Error('Too many requests change one session at once.')
    },

    end,

    async list() {
      throw new SojournError('ERR_NO_STORE', noList)
    },
  }
}

/** An ending for as long as a request of Flask that is under way may bring its record back. */
const lasting = (ending: Ending, { keptFor }: FoundRecord): Ending => ({
  ...ending,
  expiresAt: Math.max(ending.expiresAt, ending.endedAt + 2 * keptFor),
})

const noList =
  "Flask-Session keeps no list of a user's sessions: they cannot be listed or revoked. A store of Sojourn's own can, such as redisStore(…); moving there: accept: [fromFlaskSession(…)]."
const goesTogether =
  "Flask-Session's records go with its cookie: createSessions({ ...flaskSession(client) }), or a store of Sojourn's own."
