import { putText, textOf, type Texts } from '../core/texts.ts'
import { systemRecord } from '../stores/reserved-ids.ts'
import { isEnding, type Ending, type SessionKey, type SessionRecord, type SessionStore } from '../stores/store.ts'

/** The result of reading a key from a store. */
export type RecordOrEnding = SessionRecord | Ending | null

export const keyOf = ({ id, userId }: SessionKey): SessionKey => ({ id, userId })

export const isEnded = (found: RecordOrEnding): found is Ending => found !== null && isEnding(found)

/** Returns whether a copy has the same content as its original, and at least its version. */
export function isCopyOf(copy: SessionRecord, original: SessionRecord): boolean {
  const { set, unset } = diffData(copy.data, original.data)
  return (
    copy.version >= original.version &&
    Object.keys(set).length === 0 &&
    unset.length === 0 &&
    comparedFields.every((field) => JSON.stringify(copy[field]) === JSON.stringify(original[field]))
  )
}

const comparedFields = [
  'secretHash',
  'signedInAt',
  'lastSeenAt',
  'expiresAt',
  'remember',
  'label',
  'idleTimeout',
  'absoluteTimeout',
  'methods',
] as const

/**
 * Adds a record to another store. If the session ended in its own store meanwhile, ends the copy too. That store may have had no
 * room for the ending: a missing record counts as ended. Resolves to whether the copy was added and has not ended.
 */
export async function addCopy(store: SessionStore, record: SessionRecord, original: SessionStore): Promise<boolean> {
  if ((await store.create(record)).result !== 'created') return false
  const key = keyOf(record)
  const found = await original.read(key)
  if (found !== null && !isEnding(found)) return true
  await store.end(key, found ?? createLostEnding(record))
  return false
}

/** Creates the ending for a session whose own ending was lost. */
export const createLostEnding = ({ lastSeenAt: endedAt, expiresAt }: SessionRecord): Ending => ({
  ended: 'revoked',
  endedAt,
  expiresAt,
})

/**
 * Makes a copy equal to its original, unless the copy has changed meanwhile. The copy gets the original's version, because
 * cookies contain the version. A version never decreases.
 */
export async function updateCopy(store: SessionStore, copy: SessionRecord, original: SessionRecord): Promise<void> {
  const { secretHash, version, signedInAt, lastSeenAt, expiresAt, remember, label } = original
  const { idleTimeout, absoluteTimeout, methods } = original
  await store.update(
    keyOf(original),
    { secretHash: copy.secretHash, version: copy.version },
    {
      ...diffData(copy.data, original.data),
      lastSeenAt,
      expiresAt,
      ...(copy.secretHash !== secretHash && { secretHash }),
      signedInAt: signedInAt ?? undefined,
      remember,
      label,
      idleTimeout,
      absoluteTimeout,
      methods,
      ...(copy.version < version && { version }),
    },
  )
}

/** Stores an ending even if there is no record to end: it then creates a system record and ends that. */
export async function putEnding(store: SessionStore, key: SessionKey, ending: Ending): Promise<void> {
  // Lists and limits may see the record for a moment. The time of its last use says that it is over.
  await store.create(systemRecord(key, 0, ending.expiresAt))
  await store.end(key, ending)
}

/** Returns the keys to write and to remove. */
function diffData(from: Texts, to: Texts): { set: Texts; unset: string[] } {
  const set: Record<string, string> = {}
  for (const [key, text] of Object.entries(to)) if (textOf(from, key) !== text) putText(set, key, text)
  return { set, unset: Object.keys(from).filter((key) => !Object.hasOwn(to, key)) }
}
