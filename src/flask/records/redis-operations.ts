import type { RedisConnection } from '../../stores/redis/connection/types.ts'
import { mismatchedReply, type Script } from '../../stores/redis/lua.ts'
import { createCallIds } from '../../stores/redis/scripts.ts'
import { createServerClocks } from '../../stores/redis/server-clocks.ts'
import { TooLate, type Ending } from '../../stores/store.ts'
import { sha256 } from '../../util/sha256.ts'
import { isSid } from '../sid.ts'
import { createIdempotencyKeys } from './idempotency-keys.ts'
import { decodeFields, type RecordFields } from './record-fields.ts'
import * as scripts from './record-scripts.ts'
import { escapeBytes, hashBytes, unescapeBytes } from './record-scripts.ts'

/** A record as it was read. */
export interface FoundRecord {
  readonly bytes: Buffer
  readonly fields: RecordFields
  /** For how much longer it is kept, in milliseconds. */
  readonly keptFor: number
}

/**
 * Each is one step on one key: a record's, which Flask-Session has as well, or an ending's, which it does not know of. A client
 * may send any of them twice, since an answer was lost: then it is done once, and answered so. Each answer says of which key it
 * is, and here which question it is to: one that mixes them up must open nobody else's session, nor one that has ended, nor
 * sign anybody out.
 */
export type RedisOperations = ReturnType<typeof createRedisOperations>

export function createRedisOperations(connection: RedisConnection, keyPrefix: string) {
  const recordKey = (sid: string): string => keyPrefix + sid
  // Of what has ended, no key tells the id; a call's does for seconds, since it has to be beside the record's.
  const endingKey = (sid: string): string => `sojourn:ended:${sha256(keyPrefix + sid)}`
  const moveKey = (sid: string): string => `sojourn:moving:${sha256(keyPrefix + sid)}`
  const clocks = createServerClocks(connection.isCluster)
  const createCallId = createCallIds()
  const callKey = createIdempotencyKeys(connection.keyPrefix)

  /** Carries a write out if the server is not past `until`, and tells whether it did what it was for. */
  async function runInTime(
    script: Script,
    key: string,
    until: number | undefined,
    milliseconds: number,
    values: readonly string[] = [],
  ): Promise<boolean> {
    const lifetime = String(Math.min(Math.max(1, Math.floor(milliseconds)), maxTtlMs))
    for (let attempt = 1; ; attempt++) {
      const sent = performance.now()
      const deadlines = until === undefined ? '' : clocks.encodeDeadlines(until)
      const [clockText, answer] = (await connection.run(script, [key], [deadlines, lifetime, ...values])) as unknown[]
      if (clockText != null) {
        if (!/^\d+@/.test(String(clockText))) throw mismatchedReply()
        clocks.observe(String(clockText), sent)
      }
      if (String(answer) !== 'late') return Number(answer) === 1
      // Nothing was done. A server that was not heard of, or was set to another time, has now said what time it is there.
      if (attempt === 4 || Date.now() >= until!)
        throw new TooLate('Redis came to it when its caller had stopped waiting.')
    }
  }

  /** Carries a write out that would find something else if it were sent again. */
  async function runOnceInTime(
    script: Script,
    key: string,
    until: number | undefined,
    milliseconds: number,
    values: readonly string[],
  ): Promise<boolean> {
    const keptFor = until === undefined ? minuteMs : Math.max(0, Math.ceil(until - Date.now())) + lateMarginMs
    return runInTime(script, key, until, milliseconds, [callKey(key, createCallId()[1]!), String(keptFor), ...values])
  }

  return {
    /** `null` for what there is not, and for what is no session that can be read. */
    async readRecord(sid: string): Promise<FoundRecord | null> {
      const [tag, text, ttlMs] = (await connection.run(scripts.readRecord, [recordKey(sid)], [])) as unknown[]
      if (String(tag) !== 'record') throw mismatchedReply()
      if (text == null) return null
      const bytes = unescapeBytes(String(text))
      const fields = decodeFields(bytes)
      // One that is kept for ever was put there by other hands: it is as good as used long ago.
      return fields && { bytes, fields, keptFor: Math.max(1, Number(ttlMs)) }
    },

    putRecord: (sid: string, bytes: Buffer, keptFor: number, until?: number) =>
      runInTime(scripts.putIfAbsent, recordKey(sid), until, keptFor, [escapeBytes(bytes)]),

    replaceRecord: (sid: string, { bytes }: FoundRecord, next: Buffer, keptFor: number, until?: number) =>
      runOnceInTime(scripts.replaceIfUnchanged, recordKey(sid), until, keptFor, [hashBytes(bytes), escapeBytes(next)]),

    takeRecord: (sid: string, { bytes }: FoundRecord, until?: number) =>
      runOnceInTime(scripts.removeIfUnchanged, recordKey(sid), until, 1, [hashBytes(bytes)]),

    removeRecord: (sid: string, until?: number) => runInTime(scripts.removeKey, recordKey(sid), until, 1),

    async readEnding(sid: string): Promise<Ending | null> {
      const text = await connection.run(scripts.readEnding, [endingKey(sid)], [])
      if (text == null) return null
      const [, ended, endedAt, expiresAt, movedTo] =
        /^(signed-out|revoked) (\d+) (\d+) \S+ ([\w-]*)$/.exec(String(text)) ?? []
      if (ended === undefined) throw mismatchedReply()
      const ending = { ended: ended as Ending['ended'], endedAt: Number(endedAt), expiresAt: Number(expiresAt) }
      return movedTo === '' ? ending : { ...ending, movedTo }
    },

    /** What puts an ending where there is none. It may be called again where it was not answered. */
    prepareEnding(sid: string, { ended, endedAt, expiresAt, movedTo = '' }: Ending) {
      const text = [ended, endedAt, expiresAt, createCallId()[1], movedTo].join(' ')
      return (until?: number) => runInTime(scripts.putIfAbsent, endingKey(sid), until, expiresAt - endedAt, [text])
    },

    /** Where a session is about to go: all but one of these are dead. */
    async readMoves(sid: string): Promise<string[]> {
      const sids = (await connection.run(scripts.readSet, [moveKey(sid)], [])) as Iterable<unknown>
      const all = Array.from(sids, String)
      if (!all.every(isSid)) throw mismatchedReply()
      return all
    },

    addMove: (sid: string, newSid: string, until?: number) =>
      runInTime(scripts.addToSet, moveKey(sid), until, 2 * minuteMs, [newSid]),

    /** Keeps an ending for as long as this, at least. */
    async extendEndingTtl(sid: string, milliseconds: number): Promise<void> {
      await connection.run(scripts.extendTtl, [endingKey(sid)], [String(Math.min(milliseconds, maxTtlMs))])
    },
  }
}

const maxTtlMs = 365_250 * 24 * 3_600_000
const minuteMs = 60_000

/** For how long after its caller has gone a call is remembered, in milliseconds: clocks differ. */
const lateMarginMs = 5000
