import { SojournError } from '../../core/errors.ts'
import type { RedisConnection } from '../../stores/redis/connection/types.ts'
import type { CreateResult, Ending, Held, RecordChange, SessionStore } from '../../stores/store.ts'
import { sha256 } from '../../util/sha256.ts'
import { encodeFields } from './record-fields.ts'
import { createRedisOperations, type FoundRecord } from './redis-operations.ts'
import { retryInBackground } from './retry-in-background.ts'
import { applyChange, hashVersion, readUserId, toRecordFields, toSessionRecord } from './session-record.ts'

/** Settings of the record store. */
export interface RecordStoreOptions {
  readonly keyPrefix: string
  readonly userKey: string
  readonly isJson: boolean
}

/** How often an update is tried while other requests change the record. */
const maxAttempts = 1000

/** How many concurrent renewals `end` follows from one id to the next. */
const maxLinks = 10

/**
 * Flask-Session's records as a store. Flask-Session overwrites a whole record without any check. Here, each write replaces the
 * record only if its bytes are unchanged, and is otherwise tried again with the new bytes. An ending has its own key, which is
 * read after each write: if Flask has written a record of an ended session back, that record is removed.
 *
 * The user in a key is ignored, because Flask-Session's cookie does not name one. No record has a limit or a cutoff, because
 * there is no list.
 *
 * This is one closure because `update`, `end` and `read` share the steps of a renewal and of an end.
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
   * Moves a record to a new id if its bytes are unchanged. If the session ended meanwhile, it also ends under the new id.
   *
   * @returns `null` if the session has ended, and `false` if another request was faster
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
      await endById(newId, ending)
      return null
    }
    return finishMove().catch(() => {
      // The session has moved anyway. The response must set the new id, so store the ending in the background.
      retryInBackground(finishMove)
      return true
    })
  }

  async function endById(id: string, ending: Ending, until?: number, links = maxLinks): Promise<boolean> {
    const found = await operations.readRecord(id)
    const isEnded = found !== null && (await endFoundRecord(id, withFullLifetime(ending, found), until))
    if (links === 0) return isEnded
    // A concurrent renewal may have moved the session to a new id: end it there too.
    const movedTo = (await operations.readEnding(id))?.movedTo
    const newIds = movedTo === undefined ? (await operations.readMoves(id)).slice(0, maxLinks) : [movedTo]
    const ended = await Promise.all(newIds.map((newId) => endById(newId, ending, until, links - 1)))
    return isEnded || ended.includes(true)
  }

  async function endFoundRecord(id: string, ending: Ending, until: number | undefined): Promise<boolean> {
    const putEnding = operations.prepareEnding(id, ending)
    const isFirst = await putEnding(until).catch((error: unknown) => {
      // Redis has no memory for the ending: remove the record anyway.
      if (/\bOOM\b/.test(String(error))) return null
      throw error
    })
    const isGone = await operations.removeRecord(id)
    return isFirst ?? isGone
  }

  /** Finds a session during its renewal: its record has moved already, and its ending is not stored yet. */
  async function findMoved(id: string): Promise<Ending | null> {
    for (const newId of (await operations.readMoves(id)).slice(0, maxLinks)) {
      if ((await operations.readRecord(newId)) !== null)
        return { ended: 'signed-out', endedAt: 0, expiresAt: 0, movedTo: newId }
    }
    return null
  }

  return {
    async create(record, _options, until) {
      const { id, secretHash, expiresAt, lastSeenAt } = record
      if (secretHash !== sha256(id)) throw new SojournError('ERR_OPTIONS', needsOwnCookieMessage)
      if ((await operations.readEnding(id)) !== null) return taken
      const bytes = encodeFields(toRecordFields(record, userKey), isJson)
      return (await operations.putRecord(id, bytes, expiresAt - lastSeenAt, until)) ? created : taken
    },

    async read({ id }) {
      const [ending, found] = await Promise.all([operations.readEnding(id), operations.readRecord(id)])
      if (ending === null) return found === null ? findMoved(id) : toSessionRecord(id, found, userKey)
      if (found !== null) {
        // A concurrent Flask request has written the record back, and another one may do so again.
        await operations.extendEndingTtl(id, 2 * found.ttlMs)
        await operations.removeRecord(id)
      }
      return ending
    },

    async update({ id }, held, change, until) {
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
      throw new Error('Too many requests change the session at the same time.')
    },

    end: ({ id }, ending, until) => endById(id, ending, until),

    endAll: rejectForMissingList,

    list: rejectForMissingList,
  }
}

const created: CreateResult = { result: 'created', ended: [] }
const taken: CreateResult = { result: 'taken', ended: [] }

async function rejectForMissingList(): Promise<never> {
  throw new SojournError('ERR_NO_STORE', noListMessage)
}

/** Extends an ending's lifetime, because a slow Flask request may write the record back. */
const withFullLifetime = (ending: Ending, { ttlMs }: FoundRecord): Ending => ({
  ...ending,
  expiresAt: Math.max(ending.expiresAt, ending.endedAt + 2 * ttlMs),
})

const noListMessage =
  "Flask-Session keeps no list of a user's sessions, so they cannot be listed or revoked. Sojourn's own stores can, such as redisStore(…). To move there, use accept: [fromFlaskSession(…)]."
const needsOwnCookieMessage =
  "Flask-Session's records need its own cookie: createSessions({ ...flaskSession(client) }). For another cookie, use a store of Sojourn's own."
