import type { RedisConnection } from '../../stores/redis/connection/types.ts'
import { mismatchedReply, type Script } from '../../stores/redis/lua.ts'
import { createServerClocks } from '../../stores/redis/server-clocks.ts'
import { createStamps } from '../../stores/redis/stamps.ts'
import { TooLate, type Ending } from '../../stores/store.ts'
import { sha256 } from '../../util/sha256.ts'
import { isSid } from '../sid.ts'
import { createIdempotencyKeys } from './idempotency-keys.ts'
import { decodeFields, type RecordFields } from './record-fields.ts'
import * as scripts from './record-scripts.ts'
import { escapeBytes, hashBytes, unescapeBytes } from './record-scripts.ts'

/** A record that was read. */
export interface FoundRecord {
  readonly bytes: Buffer
  readonly fields: RecordFields
  /** Remaining time until it expires, in milliseconds. */
  readonly ttlMs: number
}

/**
 * Each operation is one atomic step on one key: a record, which Flask-Session also uses, or an ending, which it does not know.
 * A client may send an operation again if the reply was lost: it takes effect once, and the reply is the same. Each reply is
 * checked to be of the right kind. A client that mixes up replies must not open another user's session or an ended one, and
 * must not sign anyone out.
 */
export type RedisOperations = ReturnType<typeof createRedisOperations>

// One closure, because all operations share the keys' prefix, the servers' clocks and the ids of calls.
export function createRedisOperations(connection: RedisConnection, keyPrefix: string) {
  const recordKey = (sid: string): string => keyPrefix + sid
  // Hashed, so that keys of ended sessions do not reveal the id. An idempotency key does for seconds, to be in the record's slot.
  const endingKey = (sid: string): string => `sojourn:ended:${sha256(keyPrefix + sid)}`
  const moveKey = (sid: string): string => `sojourn:moving:${sha256(keyPrefix + sid)}`
  const clocks = createServerClocks(connection.isCluster)
  const createCallId = createStamps()
  const callKey = createIdempotencyKeys(connection.keyPrefix)

  /** Runs a write unless the server's clock is past `until`. Returns whether the write took effect. */
  async function runInTime(
    script: Script,
    key: string,
    until: number | undefined,
    ttlMs: number,
    values: readonly string[] = [],
  ): Promise<boolean> {
    const lifetime = String(Math.min(Math.max(1, Math.floor(ttlMs)), maxTtlMs))
    for (let attempt = 1; ; attempt++) {
      const sent = performance.now()
      const deadlines = until === undefined ? '' : clocks.encodeDeadlines(until)
      const [clockText, answer] = (await connection.run(script, [key], [deadlines, lifetime, ...values])) as unknown[]
      if (clockText != null) {
        if (!/^\d{13}(@|$)/.test(String(clockText))) throw mismatchedReply()
        clocks.observe(String(clockText), sent)
      }
      if (String(answer) !== 'late') return Number(answer) === 1
      // Nothing was written. The reply has the server's time, in case its clock was unknown or has changed: try again with it.
      if (attempt === 4 || Date.now() >= until!)
        throw new TooLate('Redis reached this write after its caller had stopped waiting.')
    }
  }

  /** Runs a write once, even if the client sends it again: without an idempotency key, the second run would fail. */
  async function runOnceInTime(
    script: Script,
    key: string,
    until: number | undefined,
    ttlMs: number,
    values: readonly string[],
  ): Promise<boolean> {
    const callTtlMs = until === undefined ? minuteMs : Math.max(0, Math.ceil(until - Date.now())) + lateMarginMs
    return runInTime(script, key, until, ttlMs, [callKey(key, createCallId()), String(callTtlMs), ...values])
  }

  return {
    /** Returns a record, or `null` if there is none or it cannot be read as a session. */
    async readRecord(sid: string): Promise<FoundRecord | null> {
      const [tag, text, ttlText] = (await connection.run(scripts.readRecord, [recordKey(sid)], [])) as unknown[]
      if (String(tag) !== 'record') throw mismatchedReply()
      if (text == null) return null
      const bytes = unescapeBytes(String(text))
      const fields = decodeFields(bytes)
      // Redis reports -1 for a record without an expiry, which neither library writes: treat it as about to expire.
      return fields && { bytes, fields, ttlMs: Math.max(1, Number(ttlText)) }
    },

    putRecord: (sid: string, bytes: Buffer, ttlMs: number, until?: number) =>
      runInTime(scripts.putIfAbsent, recordKey(sid), until, ttlMs, [escapeBytes(bytes)]),

    replaceRecord: (sid: string, { bytes }: FoundRecord, next: Buffer, ttlMs: number, until?: number) =>
      runOnceInTime(scripts.replaceIfUnchanged, recordKey(sid), until, ttlMs, [hashBytes(bytes), escapeBytes(next)]),

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

    /** Returns a function that stores an ending if there is none yet. Calling it again after a failure is safe. */
    prepareEnding(sid: string, { ended, endedAt, expiresAt, movedTo = '' }: Ending) {
      const text = [ended, endedAt, expiresAt, createCallId(), movedTo].join(' ')
      return (until?: number) => runInTime(scripts.putIfAbsent, endingKey(sid), until, expiresAt - endedAt, [text])
    },

    /** Returns the new ids of renewals that have started. At most one of them becomes the session's new id. */
    async readMoves(sid: string): Promise<string[]> {
      const sids = (await connection.run(scripts.readSet, [moveKey(sid)], [])) as Iterable<unknown>
      const all = Array.from(sids, String)
      if (!all.every(isSid)) throw mismatchedReply()
      return all
    },

    addMove: (sid: string, newSid: string, until?: number) =>
      runInTime(scripts.addToSet, moveKey(sid), until, 2 * minuteMs, [newSid]),

    /** Extends an ending's lifetime to at least this. */
    async extendEndingTtl(sid: string, ttlMs: number): Promise<void> {
      await connection.run(scripts.extendTtl, [endingKey(sid)], [String(Math.min(ttlMs, maxTtlMs))])
    },
  }
}

const maxTtlMs = 365_250 * 24 * 3_600_000
const minuteMs = 60_000

/** Margin for the lifetime of an idempotency key after `until`, because clocks differ. */
const lateMarginMs = 5000
