import { isSid } from '../sid.ts'
import { sha256 } from '../../util/sha256.ts'
import { TooLate, type Ending } from '../../stores/store.ts'
import type { Connection } from '../../stores/redis/connection/types.ts'
import { createClocks } from '../../stores/redis/server-clocks.ts'
import { crossed, type Script } from '../../stores/redis/lua.ts'
import { createCalls } from '../../stores/redis/scripts.ts'
import { createCallKeys } from './idempotency-keys.ts'
import { readMembers, type Members } from './record-fields.ts'
import * as scripts from './record-scripts.ts'
import { hashOfBytes, spelledBytes, unspelledBytes } from './record-scripts.ts'

/** A record as it was read. */
export interface FoundRecord {
  readonly bytes: Buffer
  readonly members: Members
  /** For how much longer it is kept, in milliseconds. */
  readonly keptFor: number
}

/**
 * Each is one step on one key: a record's, which Flask-Session has as well, or an ending's, which it does not know of. A client
 * may send any of them twice, since an answer was lost: then it is done once, and answered so. Each answer says of which key it
 * is, and here which question it is to: one that mixes them up must open nobody else's session, nor one that has ended, nor
 * sign anybody out.
 */
export type Steps = ReturnType<typeof createSteps>

export function createSteps(connection: Connection, keyPrefix: string) {
  const recordKey = (sid: string): string => keyPrefix + sid
  // Of what has ended, no key tells the id; a call's does for seconds, since it has to be beside the record's.
  const endingKey = (sid: string): string => `sojourn:ended:${sha256(keyPrefix + sid)}`
  const movingKey = (sid: string): string => `sojourn:moving:${sha256(keyPrefix + sid)}`
  const clocks = createClocks(connection.isCluster)
  const newCall = createCalls()
  const callKey = createCallKeys(connection.keyPrefix)

  /** Carries a write out if the server is not past `until`, and tells whether it did what it was for. */
  async function step(
    script: Script,
    key: string,
    until: number | undefined,
    milliseconds: number,
    values: readonly string[] = [],
  ): Promise<boolean> {
    const lifetime = String(Math.min(Math.max(1, Math.floor(milliseconds)), thousandYears))
    for (let tries = 1; ; tries++) {
      const sent = performance.now()
      const deadlines = until === undefined ? '' : clocks.deadlines(until)
      const [told, answer] = (await connection.run(script, [key], [deadlines, lifetime, ...values])) as unknown[]
      if (told != null) {
        if (!/^\d+@/.test(String(told))) throw crossed()
        clocks.heard(String(told), sent)
      }
      if (String(answer) !== 'late') return Number(answer) === 1
      // Nothing was done. A server that was not heard of, or was set to another time, has now said what time it is there.
      if (tries === 4 || Date.now() >= until!)
        throw new TooLate('Redis came to it when its caller had stopped waiting.')
    }
  }

  /** Carries a write out that would find something else if it were sent again. */
  async function stepOnce(
    script: Script,
    key: string,
    until: number | undefined,
    milliseconds: number,
    values: readonly string[],
  ): Promise<boolean> {
    const keptFor = until === undefined ? minute : Math.max(0, Math.ceil(until - Date.now())) + beyond
    return step(script, key, until, milliseconds, [callKey(key, newCall()[1]!), String(keptFor), ...values])
  }

  return {
    /** `null` for what there is not, and for what is no session that can be read. */
    async record(sid: string): Promise<FoundRecord | null> {
      const [mark, text, left] = (await connection.run(scripts.readRecord, [recordKey(sid)], [])) as unknown[]
      if (String(mark) !== 'record') throw crossed()
      if (text == null) return null
      const bytes = unspelledBytes(String(text))
      const members = readMembers(bytes)
      // One that is kept for ever was put there by other hands: it is as good as used long ago.
      return members && { bytes, members, keptFor: Math.max(1, Number(left)) }
    },

    put: (sid: string, bytes: Buffer, keptFor: number, until?: number) =>
      step(scripts.put, recordKey(sid), until, keptFor, [spelledBytes(bytes)]),

    swap: (sid: string, { bytes }: FoundRecord, next: Buffer, keptFor: number, until?: number) =>
      stepOnce(scripts.swap, recordKey(sid), until, keptFor, [hashOfBytes(bytes), spelledBytes(next)]),

    take: (sid: string, { bytes }: FoundRecord, until?: number) =>
      stepOnce(scripts.take, recordKey(sid), until, 1, [hashOfBytes(bytes)]),

    remove: (sid: string, until?: number) => step(scripts.remove, recordKey(sid), until, 1),

    async ending(sid: string): Promise<Ending | null> {
      const text = await connection.run(scripts.readEnding, [endingKey(sid)], [])
      if (text == null) return null
      const [, ended, endedAt, expiresAt, movedTo] =
        /^(signed-out|revoked) (\d+) (\d+) \S+ ([\w-]*)$/.exec(String(text)) ?? []
      if (ended === undefined) throw crossed()
      const ending = { ended: ended as Ending['ended'], endedAt: Number(endedAt), expiresAt: Number(expiresAt) }
      return movedTo === '' ? ending : { ...ending, movedTo }
    },

    /** What puts an ending where there is none. It may be called again where it was not answered. */
    endingOf(sid: string, { ended, endedAt, expiresAt, movedTo = '' }: Ending) {
      const text = [ended, endedAt, expiresAt, newCall()[1], movedTo].join(' ')
      return (until?: number) => step(scripts.put, endingKey(sid), until, expiresAt - endedAt, [text])
    },

    /** Where a session is about to go: all but one of these are dead. */
    async movingTo(sid: string): Promise<string[]> {
      const sids = (await connection.run(scripts.readAll, [movingKey(sid)], [])) as Iterable<unknown>
      const all = Array.from(sids, String)
      if (!all.every(isSid)) throw crossed()
      return all
    },

    addMoving: (sid: string, newSid: string, until?: number) =>
      step(scripts.add, movingKey(sid), until, 2 * minute, [newSid]),

    /** Keeps an ending for as long as this, at least. */
    async prolong(sid: string, milliseconds: number): Promise<void> {
      await connection.run(scripts.prolong, [endingKey(sid)], [String(Math.min(milliseconds, thousandYears))])
    },
  }
}

const thousandYears = 365_250 * 24 * 3_600_000
const minute = 60_000

/** For how long after its caller has gone a call is remembered, in milliseconds: clocks differ. */
const beyond = 5000
