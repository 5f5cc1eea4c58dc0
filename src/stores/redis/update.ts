import { mergeTexts } from '../../core/texts.ts'
import { encodeNotice } from '../shared/notice-text.ts'
import {
  isEnding,
  type Held,
  type RecordChange,
  type SessionKey,
  type SessionRecord,
  type SessionStore,
} from '../store.ts'
import { packRecord, splitValue, unpackSession } from './packed-entry.ts'
import { beginWithoutWaiting, type DurableWrite } from './replicas/durability.ts'
import * as scripts from './scripts/update.ts'
import type { WriteContext } from './write-context.ts'

/** A record, and its value in Redis. */
export interface ReadRecord {
  readonly record: SessionRecord
  readonly value: string
}

/**
 * Creates the store's `update`. It computes the new value from the record that the caller has read, and writes it if Redis still has
 * that record. If another request was faster, the script replies with the record of now, and the update is computed again.
 *
 * Only changes with a new secret (a renewal) wait for replicas. A renewal invalidates the old cookie, and the user gets the new
 * one only if the call succeeds. So it first checks that the replicas answer. If they fail after the renewal was written, it
 * restores the old secret.
 *
 * @param valueOf returns the value of a record that this store returned, or `undefined`
 */
export function createUpdate(
  context: WriteContext,
  valueOf: (record: SessionRecord) => string | undefined,
): SessionStore['update'] {
  const { connection, runScript, unitKey, beginWrite, createStamp, wordsOf } = context
  const beginChange = beginWithoutWaiting(connection)

  return async (key, held, change, until) => {
    const isRenewal = change.secretHash !== undefined
    const write = isRenewal ? beginWrite(until) : beginChange(until)
    const replacesSecret = write.waitsForReplicas && change.secretHash !== held.secretHash
    if (replacesSecret) {
      await runScript(scripts.rewriteUnchanged, unitKey(key), until, '', [], write)
      write.checkAcknowledged()
    }
    const updated = await writeChange(key, held, change, until, write)
    if (updated === null) return null
    if (replacesSecret && !write.isAcknowledged) await undoRenewal(key, change, updated.from)
    write.checkAcknowledged()
    return updated.version
  }

  /** Resolves to the new version and the record before; to `null` if there is no record that matches `held`. */
  async function writeChange(
    key: SessionKey,
    held: Held,
    change: RecordChange,
    until: number | undefined,
    write?: DurableWrite,
  ): Promise<{ readonly version: number; readonly from: SessionRecord } | null> {
    const stamp = createStamp()
    const notice = change.secretHash === undefined ? [] : [renewalNotice(key, held.secretHash, change.secretHash)]
    let read = readBefore(held)
    for (;;) {
      const next = read === null ? null : applyChange(read.record, change)
      const { words: more, middle } = next === null ? unreadPatch : patchOf(splitValue(read!.value), packRecord(next))
      const words = wordsOf(key.id, stamp, ...more)
      const [isWritten, found] = await runScript(scripts.update, unitKey(key), until, words, [middle, ...notice], write)
      if (Number(isWritten) === 1) return { version: next!.version, from: read!.record }
      read = found == null ? null : readRecord(key, String(found))
      if (read === null || !isHeld(read.record, held)) return null
    }
  }

  /** Returns what the caller has read; `null` if it is unknown, or cannot be what is held. */
  function readBefore(held: Held): ReadRecord | null {
    const { record } = held
    const value = record === undefined ? undefined : valueOf(record)
    return record !== undefined && value !== undefined && isHeld(record, held) ? { record, value } : null
  }

  /** Restores the old secret. There is no deadline, because the caller does not wait for this. Errors are ignored. */
  async function undoRenewal(key: SessionKey, change: RecordChange, from: SessionRecord): Promise<void> {
    const { lastSeenAt, expiresAt } = change
    const { secretHash, signedInAt } = from
    const undo = { set: {}, unset: [], lastSeenAt, expiresAt, secretHash, signedInAt: signedInAt ?? undefined }
    await writeChange(key, { secretHash: change.secretHash! }, undo, undefined).catch(() => {})
  }
}

const isHeld = (record: SessionRecord, { secretHash, version = record.version }: Held): boolean =>
  record.secretHash === secretHash && record.version === version

function readRecord(key: SessionKey, value: string): ReadRecord | null {
  const record = unpackSession(key, value)
  return isEnding(record) ? null : { record, value }
}

function applyChange(record: SessionRecord, change: RecordChange): SessionRecord {
  const { set, unset, lastSeenAt, expiresAt } = change
  const { id, userId, createdAt } = record
  const removed = new Set(unset)
  // Object.fromEntries treats `__proto__` as an ordinary key. Assignment would set the prototype.
  const kept =
    removed.size === 0
      ? record.data
      : Object.fromEntries(Object.entries(record.data).filter(([key]) => !removed.has(key)))
  const isChanged = removed.size > 0 || Object.keys(set).length > 0
  // No spread of the record, because Node 20 takes 2 microseconds for it.
  return {
    id,
    userId,
    createdAt,
    version: change.version ?? record.version + (isChanged ? 1 : 0),
    lastSeenAt,
    expiresAt,
    secretHash: change.secretHash ?? record.secretHash,
    signedInAt: change.signedInAt ?? record.signedInAt,
    remember: change.remember ?? record.remember,
    label: change.label === undefined ? record.label : change.label,
    idleTimeout: change.idleTimeout === undefined ? record.idleTimeout : change.idleTimeout,
    absoluteTimeout: change.absoluteTimeout === undefined ? record.absoluteTimeout : change.absoluteTimeout,
    methods: change.methods ?? record.methods,
    data: mergeTexts(kept, set),
  }
}

interface Patch {
  /** The stamp of the record, and how many bytes remain at each end. */
  readonly words: readonly (string | number)[]
  readonly middle: string
}

/** The patch of a record that was not read. No record has this stamp, so that the script replies with the record. */
const unreadPatch: Patch = { words: ['?', 0, 0], middle: '' }

/** Returns the shortest patch that turns a body into another. */
function patchOf({ stamp, body }: { readonly stamp: string; readonly body: string }, next: string): Patch {
  const most = Math.min(body.length, next.length)
  let first = 0
  while (first < most && body.charCodeAt(first) === next.charCodeAt(first)) first++
  let last = 0
  while (last < most - first && body.charCodeAt(body.length - 1 - last) === next.charCodeAt(next.length - 1 - last))
    last++
  // Do not cut a surrogate pair in two.
  if ((next.charCodeAt(first - 1) & 0xfc00) === 0xd800) first--
  if ((next.charCodeAt(next.length - last) & 0xfc00) === 0xdc00) last--
  const [start, end] = [next.slice(0, first), next.slice(next.length - last)]
  return {
    words: [stamp, Buffer.byteLength(start), Buffer.byteLength(end)],
    middle: next.slice(first, next.length - last),
  }
}

const renewalNotice = ({ id, userId }: SessionKey, replacedHash: string, secretHash: string): string =>
  encodeNotice({ id, isGuest: userId === null, replacedHash, secretHash })
