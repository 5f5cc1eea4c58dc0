import { putText, textOf, type Texts } from '../core/texts.ts'
import { isCutoffId, systemRecord } from '../stores/reserved-ids.ts'
import { isEnding, type Ending, type SessionRecord, type SessionStore } from '../stores/store.ts'

/** The result of reading an id from a store. */
export type RecordOrEnding = SessionRecord | Ending | null

export const isEnded = (found: RecordOrEnding): found is Ending => found !== null && isEnding(found)

/** Returns whether a copy has the same content as its original, and at least its version. */
export function isCopyOf(copy: SessionRecord, original: SessionRecord): boolean {
  const { set, unset } = diffData(copy.data, original.data)
  return (
    copy.version >= original.version &&
    Object.keys(set).length === 0 &&
    unset.length === 0 &&
    comparedFields.every((field) => copy[field] === original[field])
  )
}

/** Returns whether the first of two records with one id is a later cutoff. The later one wins, whichever store decides. */
export const isLaterCutoff = (one: SessionRecord, other: SessionRecord): boolean =>
  isCutoffId(one.id) && one.lastSeenAt > other.lastSeenAt

const comparedFields = ['secretHash', 'signedInAt', 'lastSeenAt', 'expiresAt', 'remember', 'label'] as const

/**
 * Adds a record to another store. If the session ended in its own store meanwhile, ends the copy too. That store may have had no
 * room for the ending: a missing record counts as ended. Resolves to whether the copy was added and has not ended.
 */
export async function addCopy(store: SessionStore, record: SessionRecord, original: SessionStore): Promise<boolean> {
  if (!(await store.create(record))) return false
  const found = await original.read(record.id)
  if (found !== null && !isEnding(found)) return true
  await store.end(record.id, found ?? createLostEnding(record))
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
  const { id, secretHash, version, signedInAt, lastSeenAt, expiresAt, remember, label } = original
  await store.update(
    id,
    { secretHash: copy.secretHash, version: copy.version },
    {
      ...diffData(copy.data, original.data),
      lastSeenAt,
      expiresAt,
      ...(copy.secretHash !== secretHash && { secretHash }),
      signedInAt: signedInAt ?? undefined,
      remember,
      label,
      ...(copy.version < version && { version }),
    },
  )
}

/** Stores an ending even if there is no record to end: it then creates a system record and ends that. */
export async function putEnding(store: SessionStore, id: string, ending: Ending): Promise<void> {
  await store.create(systemRecord(id, ending.endedAt, ending.expiresAt))
  await store.end(id, ending)
}

/** Returns the keys to write and to remove. */
function diffData(from: Texts, to: Texts): { set: Texts; unset: string[] } {
  const set: Record<string, string> = {}
  for (const [key, text] of Object.entries(to)) if (textOf(from, key) !== text) putText(set, key, text)
  return { set, unset: Object.keys(from).filter((key) => !Object.hasOwn(to, key)) }
}
