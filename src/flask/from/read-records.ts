import type { FormatContext } from '../../cookies/format.ts'
import type { Token } from '../../core/token.ts'
import type { RedisConnection } from '../../stores/redis/connection/types.ts'
import { createScript } from '../../stores/redis/lua.ts'
import { isEnding, type SessionRecord } from '../../stores/store.ts'
import { createMsgpackCodec } from '../msgpack/msgpack-codec.ts'
import { createRecordStore } from '../records/record-store.ts'
import { deriveIdentity } from './derive-identity.ts'
import { toJsonTexts } from './json-texts.ts'

/** Reads Flask-Session's records in Redis, as sessions that are taken over. */
export interface RecordReader {
  /** What there is of an id; `null` for nothing, and for a guest's who has nothing. */
  read(sid: string, now: number): Promise<Token | null>
  /** Keeps what was taken over for no longer than ours remembers how it ended; and than it could idle, where nothing needs it. */
  shortenLifetime(sid: string, context: FormatContext, isNeeded: boolean): Promise<void>
  /** Removes what was signed out, and again where a request of Flask that was under way brings it back. */
  end(sid: string, context: FormatContext): Promise<void>
}

export function createRecordReader(
  connection: RedisConnection,
  { keyPrefix, userKey }: { readonly keyPrefix: string; readonly userKey: string },
): RecordReader {
  const records = createRecordStore(connection, { keyPrefix, userKey, isJson: false })
  return {
    async read(sid, now) {
      const found = await records.read(sid)
      if (found === null || isEnding(found)) return null
      // Of somebody who has nothing there is nothing to keep.
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
        now + 2 * Math.max(monthSeconds, Math.min(absoluteTimeout, maxLifetimeSeconds)) * 1000,
      )
      await records.end(sid, { ended: 'signed-out', endedAt: now, expiresAt })
    },
  }
}

const minuteMs = 60_000
// Seconds. Flask keeps a session for a month, unless told otherwise.
const monthSeconds = 31 * 86_400
const maxLifetimeSeconds = 31_557_600_000

const shortenTtl = createScript(`local left = redis.call('PTTL', KEYS[1])
if left == -1 or left > tonumber(ARGV[1]) then return redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 0`)

const codec = createMsgpackCodec(false)

function toAdoptedToken({ id, userId, remember, data }: SessionRecord, now: number): Token {
  return {
    // An id of Flask-Session's stays when its user comes in, or is another.
    identity: deriveIdentity('flask-session', id, userId ?? ''),
    userId,
    createdAt: now,
    signedInAt: null,
    // That it is there tells that Flask would take it.
    lastSeenAt: now,
    remember,
    label: null,
    confirmedAt: null,
    version: 0,
    data: toJsonTexts(data, codec),
    changed: [],
  }
}
