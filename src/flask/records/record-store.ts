import { SojournError } from '../../core/errors.ts'
import type { RedisConnection } from '../../stores/redis/connection/types.ts'
import type { Ending, Held, RecordChange, SessionStore } from '../../stores/store.ts'
import { sha256 } from '../../util/sha256.ts'
import { encodeFields } from './record-fields.ts'
import { createRedisOperations, type FoundRecord } from './redis-operations.ts'
import { retryInBackground } from './retry-in-background.ts'
import { applyChange, hashVersion, readUserId, toRecordFields, toSessionRecord } from './session-record.ts'

/** How records are kept. */
export interface RecordStoreOptions {
  readonly keyPrefix: string
  readonly userKey: string
  readonly isJson: boolean
}

/** How often a record is changed anew, where others change it all the time. */
const maxAttempts = 1000

/** How many renewals an end follows that happened while its request was under way. */
const maxLinks = 10

/**
 * Flask-Session's records as a store. Flask-Session writes a record whole, and asks nothing; here each write is one of the
 * whole record in the place of the very bytes that were read, and else is tried again with what is there by then. An ending
 * has a key of its own, which is looked at after each write: what is brought back of a session that ended is removed.
 */
export function createRecordStore(
  connection: RedisConnection,
  { keyPrefix, userKey, isJson }: RecordStoreOptions,
): SessionStore {
  const operations = createRedisOperations(connection, keyPrefix)

  function matchesHeld({ secretHash, userId, version }: Held, id: string, found: FoundRecord): boolean {
    return (
      secretHash === sha256(id) &&
      (userId === undefined || userId === readUserId(found.fields, userKey)) &&
      (version === undefined || version === hashVersion(found.bytes))
    )
  }

  /**
   * Writes a record under a new id in the place of one that is there to the byte. What ended meanwhile is ended there as well.
   *
   * @returns `null` where it had ended, and `false` where others were faster
   */
  async function moveRecord(
    id: string,
    found: FoundRecord,
    next: Buffer,
    { id: newId, lastSeenAt, expiresAt }: RecordChange & { id: string },
    until: number | undefined,
  ): Promise<boolean | null> {
    if (!(await operations.putRecord(newId, next, expiresAt - lastSeenAt, until))) return false
    await operations.addMove(id, newId, until)
    if (!(await operations.takeRecord(id, found, until))) {
      await operations.removeRecord(newId)
      return false
    }
    const ending = withFullLifetime(
      { ended: 'signed-out', endedAt: lastSeenAt, expiresAt: 2 * expiresAt - lastSeenAt },
      found,
    )
    const putEnding = operations.prepareEnding(id, { ...ending, movedTo: newId })
    const finishMove = async (): Promise<true | null> => {
      if (await putEnding()) return true
      await end(newId, ending)
      return null
    }
    return finishMove().catch(() => {
      // The session has moved all the same, and its user has to be told where.
      retryInBackground(finishMove)
      return true
    })
  }

  async function end(id: string, ending: Ending, until?: number, links = maxLinks): Promise<boolean> {
    const found = await operations.readRecord(id)
    const isEnded = found !== null && (await endFoundRecord(id, withFullLifetime(ending, found), until))
    if (links === 0) return isEnded
    // It was renewed, or is about to be: what its old cookie signs out is all the same the session.
    const movedTo = (await operations.readEnding(id))?.movedTo
    const newIds = movedTo === undefined ? (await operations.readMoves(id)).slice(0, maxLinks) : [movedTo]
    const ended = await Promise.all(newIds.map((newId) => end(newId, ending, until, links - 1)))
    return isEnded || ended.includes(true)
  }

  async function endFoundRecord(id: string, ending: Ending, until: number | undefined): Promise<boolean> {
    const putEnding = operations.prepareEnding(id, ending)
    const isFirst = await putEnding(until).catch((error: unknown) => {
      // There is no room for it, and the record goes all the same.
      if (/\bOOM\b/.test(String(error))) return null
      throw error
    })
    const isGone = await operations.removeRecord(id)
    return isFirst ?? isGone
  }

  /** What stays of a session in the moment of its renewal, when its record has gone and its ending is not there yet. */
  async function findMoved(id: string): Promise<Ending | null> {
    for (const newId of (await operations.readMoves(id)).slice(0, maxLinks)) {
      if ((await operations.readRecord(newId)) !== null)
        return { ended: 'signed-out', endedAt: 0, expiresAt: 0, movedTo: newId }
    }
    return null
  }

  return {
    async create(record, until) {
      const { id, secretHash, expiresAt, lastSeenAt } = record
      if (secretHash !== sha256(id)) throw new SojournError('ERR_OPTIONS', needsOwnCookieMessage)
      if ((await operations.readEnding(id)) !== null) return false
      const bytes = encodeFields(toRecordFields(record, userKey), isJson)
      return operations.putRecord(id, bytes, expiresAt - lastSeenAt, until)
    },

    async read(id) {
      const [ending, found] = await Promise.all([operations.readEnding(id), operations.readRecord(id)])
      if (ending === null) return found === null ? findMoved(id) : toSessionRecord(id, found, userKey)
      if (found !== null) {
        // A request of Flask that was under way when it ended has brought it back, and another one may again.
        await operations.extendEndingTtl(id, 2 * found.keptFor)
        await operations.removeRecord(id)
      }
      return ending
    },

    async update(id, held, change, until) {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const found = await operations.readRecord(id)
        if (found === null || !matchesHeld(held, id, found)) return null
        const next = encodeFields(applyChange(found.fields, change), isJson)
        if (change.id !== undefined) {
          const isMoved = await moveRecord(id, found, next, { ...change, id: change.id }, until)
          if (isMoved === false) continue
          return isMoved && hashVersion(next)
        }
        if (!(await operations.replaceRecord(id, found, next, change.expiresAt - change.lastSeenAt, until))) continue
        if ((await operations.readEnding(id)) === null) return hashVersion(next)
        await operations.removeRecord(id)
        return null
      }
      throw new Error('Too many requests change one session at once.')
    },

    end,

    async list() {
      throw new SojournError('ERR_NO_STORE', noListMessage)
    },
  }
}

/** An ending for as long as a request of Flask that is under way may bring its record back. */
const withFullLifetime = (ending: Ending, { keptFor }: FoundRecord): Ending => ({
  ...ending,
  expiresAt: Math.max(ending.expiresAt, ending.endedAt + 2 * keptFor),
})

const noListMessage =
  "Flask-Session keeps no list of a user's sessions: they cannot be listed or revoked. A store of Sojourn's own can, such as redisStore(…); moving there: accept: [fromFlaskSession(…)]."
const needsOwnCookieMessage =
  "Flask-Session's records go with its cookie: createSessions({ ...flaskSession(client) }), or a store of Sojourn's own."
