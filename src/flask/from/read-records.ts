import type { FormatContext } from '../../cookies/format.ts'
import { emptyToken, type Token } from '../../core/token.ts'
import type { RedisConnection } from '../../stores/redis/connection/types.ts'
import { isEnding, type SessionKey, type SessionRecord } from '../../stores/store.ts'
import { createMsgpackCodec } from '../msgpack/msgpack-codec.ts'
import { createRecordStore } from '../records/record-store.ts'
import { deriveIdentity } from '../../from/shared/derive-identity.ts'
import { shortenTtl } from '../../from/shared/shorten-ttl.ts'
import { toJsonTexts } from './json-texts.ts'

/** Reads Flask-Session's records in Redis as sessions to adopt. */
export interface RecordReader {
  /** Returns the session of an id, or `null` if there is none, or only a guest's without data. */
  read(sid: string, now: number): Promise<Token | null>
  /**
   * Shortens the lifetime of an adopted session's record: otherwise it could be adopted again when its end is forgotten here.
   *
   * @param isNeeded whether Flask still uses the record; if not, it also expires after the idle timeout
   */
  shortenLifetime(sid: string, context: FormatContext, isNeeded: boolean): Promise<void>
  /** Removes a record after a sign-out, and again if a concurrent request of Flask writes it back. */
  end(sid: string, context: FormatContext): Promise<void>
}

export function createRecordReader(
  connection: RedisConnection,
  { keyPrefix, userKey }: { readonly keyPrefix: string; readonly userKey: string },
): RecordReader {
  const records = createRecordStore(connection, { keyPrefix, userKey, isJson: false })
  return {
    async read(sid, now) {
      const found = await records.read(keyOf(sid))
      if (found === null || isEnding(found)) return null
      // Skip a guest without data: there is nothing to adopt.
      if (found.userId === null && Object.keys(found.data).length === 0) return null
      return toAdoptedToken(found, now)
    },

    async shortenLifetime(sid, { idleTimeout, absoluteTimeout }, isNeeded) {
      const maxSeconds = Math.min(isNeeded ? Infinity : idleTimeout, absoluteTimeout, maxLifetimeSeconds)
      const ttlMs = Math.max(1, Math.floor(maxSeconds * 1000) - minuteMs)
      await connection.run(shortenTtl, [keyPrefix + sid], [String(ttlMs)])
    },

    async end(sid, { now, absoluteTimeout }) {
      const expiresAt = Math.floor(
        now + 2 * Math.max(defaultLifetimeSeconds, Math.min(absoluteTimeout, maxLifetimeSeconds)) * 1000,
      )
      await records.end(keyOf(sid), { ended: 'signed-out', endedAt: now, expiresAt })
    },
  }
}

const keyOf = (id: string): SessionKey => ({ id, userId: null })

const minuteMs = 60_000
// Flask's default PERMANENT_SESSION_LIFETIME.
const defaultLifetimeSeconds = 31 * 86_400
const maxLifetimeSeconds = 31_557_600_000

const codec = createMsgpackCodec(false)

function toAdoptedToken({ id, userId, remember, data }: SessionRecord, now: number): Token {
  return {
    ...emptyToken,
    // The user is part of the identity, because Flask-Session keeps the id when a user signs in or out.
    identity: deriveIdentity('flask-session', id, userId ?? ''),
    userId,
    createdAt: now,
    // Flask accepts a session as long as its record exists.
    lastSeenAt: now,
    remember,
    data: toJsonTexts(data, codec),
  }
}
