import { SojournError } from '../../errors.ts'
import { sha256 } from '../../hash.ts'
import type { Ending, Held, RecordChange, SessionStore } from '../../store.ts'
import type { Connection } from '../redis/client.ts'
import { insist } from './insist.ts'
import { writeMembers } from './members.ts'
import { changedMembers, membersOf, recordIn, userIdIn, versionOf } from './record.ts'
import { createSteps, type FoundRecord } from './steps.ts'

/** How records are kept. */
export interface RecordsOptions {
  readonly keyPrefix: string
  readonly userKey: string
  readonly isJson: boolean
}

/** How often a record is changed anew, where others change it all the time. */
const tries = 1000

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

  /** Writes a record in the place of another; or in another place, and that one is gone. */
  async function replace(
    id: string,
    found: FoundRecord,
    next: Buffer,
    { id: newId, lastSeenAt, expiresAt }: RecordChange,
    until: number | undefined,
  ): Promise<boolean> {
    const keptFor = expiresAt - lastSeenAt
    if (newId === undefined) return steps.swap(id, found, next, keptFor, until)
    if (!(await steps.put(newId, next, keptFor, until))) return false
    // Before it goes, so that who ends it meanwhile finds it.
    await steps.addMoved(id, newId, 2 * keptFor, until)
    if (!(await steps.take(id, found, until))) {
      await steps.remove(newId)
      return false
    }
    // A request of Flask that is under way may bring it back, for as long as this at least.
    const ending = { ended: 'signed-out', endedAt: lastSeenAt, expiresAt: lastSeenAt + 2 * keptFor } as const
    const put = () => steps.putEnding(id, ending)
    // The session has moved all the same, and its user has to be told where.
    await put().catch(() => insist(put))
    return true
  }

  async function end(id: string, ending: Ending, until?: number): Promise<boolean> {
    const found = await steps.record(id)
    const isEnded = found !== null && (await endFound(id, ending, until))
    // It was renewed: what its old cookie signs out is all the same the session.
    const ended = await Promise.all((await steps.movedTo(id)).map((newId) => end(newId, ending, until)))
    return isEnded || ended.includes(true)
  }

  async function endFound(id: string, ending: Ending, until: number | undefined): Promise<boolean> {
    const isFirst = await steps.putEnding(id, ending, until).catch((error: unknown) => {
      // There is no room for it, and the record goes all the same.
      if (/\bOOM\b/.test(String(error))) return null
      throw error
    })
    const isGone = await steps.remove(id)
    return isFirst ?? isGone
  }

  /** The id that a session has by now which was renewed, perhaps more than once; `null` where none is live. */
  async function goesOnAs(id: string): Promise<string | null> {
    for (const newId of await steps.movedTo(id)) {
      const [ending, found] = await Promise.all([steps.ending(newId), steps.record(newId)])
      const live = ending === null && found !== null ? newId : await goesOnAs(newId)
      if (live !== null) return live
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
      if (ending === null && found !== null) return recordIn(id, found, userKey)
      if (found !== null) {
        // A request of Flask that was under way when it ended has brought it back, and another one may again.
        await steps.prolong(id, 2 * found.keptFor)
        await steps.remove(id)
      }
      const movedTo = await goesOnAs(id)
      // Its record goes a moment before its ending is there.
      return movedTo === null ? ending : { ...(ending ?? { ended: 'signed-out', endedAt: 0, expiresAt: 0 }), movedTo }
    },

    async update(id, held, change, until) {
      for (let tried = 0; tried < tries; tried++) {
        const found = await steps.record(id)
        if (found === null || !holds(held, id, found)) return null
        if (change.id !== undefined && (await steps.ending(id)) !== null) return null
        const next = writeMembers(changedMembers(found.members, change), isJson)
        if (!(await replace(id, found, next, change, until))) continue
        if (change.id !== undefined || (await steps.ending(id)) === null) return versionOf(next)
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

const noList =
  "Flask-Session keeps no list of a user's sessions: they cannot be listed or revoked. A store of Sojourn's own can, such as redisStore(…); moving there: accept: [fromFlaskSession(…)]."
const goesTogether =
  "Flask-Session's records go with its cookie: createSessions({ ...flaskSession(client) }), or a store of Sojourn's own."
