import { putText, textOf, type Texts } from '../core/texts.ts'
import { isCutoffId } from '../stores/reserved-ids.ts'
import { isEnding, type Ending, type SessionRecord, type SessionStore } from '../stores/store.ts'

/** What a store has under an id. */
export type RecordOrEnding = SessionRecord | Ending | null

export const isEnded = (found: RecordOrEnding): found is Ending => found !== null && isEnding(found)

/** Whether a copy holds all that its original does, and is of no lesser version. */
export function isCopyOf(copy: SessionRecord, original: SessionRecord): boolean {
  const { set, unset } = diffData(copy.data, original.data)
  return (
    copy.version >= original.version &&
    Object.keys(set).length === 0 &&
    unset.length === 0 &&
    comparedFields.every((field) => copy[field] === original[field])
  )
}

/** Whether of two records of one id the first is a note, and a later one: it says more, whichever store decides. */
export const isLaterCutoff = (one: SessionRecord, other: SessionRecord): boolean =>
  isCutoffId(one.id) && one.lastSeenAt > other.lastSeenAt

const comparedFields = ['secretHash', 'signedInAt', 'lastSeenAt', 'expiresAt', 'remember', 'label'] as const

/**
 * Adds a record to another store. What ended in its own store meanwhile ends in the other too, also where that store had no
 * room for an ending. Resolves to whether it was added, and has not ended.
 */
export async function addCopy(store: SessionStore, record: SessionRecord, original: SessionStore): Promise<boolean> {
  if (!(await store.create(record))) return false
  const found = await original.read(record.id)
  if (found !== null && !isEnding(found)) return true
  await store.end(record.id, found ?? createLostEnding(record))
  return false
}

/** The ending of a session of which no more is known than that it is over. */
export const createLostEnding = ({ lastSeenAt: endedAt, expiresAt }: SessionRecord): Ending => ({
  ended: 'revoked',
  endedAt,
  expiresAt,
})

/**
 * Makes a copy what its original is, unless it is not what it was any more. Its version becomes the same, since cookies name
 * it, however many there were in between; but it never sinks.
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

/** Puts an ending where there may be no record to end: a stand-in that no cookie opens is ended. */
export async function putEnding(store: SessionStore, id: string, ending: Ending): Promise<void> {
  const { endedAt, expiresAt } = ending
  await store.create({ ...placeholderRecord, id, createdAt: endedAt, lastSeenAt: endedAt, expiresAt })
  await store.end(id, ending)
}

const placeholderRecord: Omit<SessionRecord, 'id' | 'createdAt' | 'lastSeenAt' | 'expiresAt'> = {
  secretHash: 'none',
  version: 1,
  userId: null,
  signedInAt: null,
  remember: false,
  label: null,
  data: {},
}

/** The keys to write and to remove. */
function diffData(from: Texts, to: Texts): { set: Texts; unset: string[] } {
  const set: Record<string, string> = {}
  for (const [key, text] of Object.entries(to)) if (textOf(from, key) !== text) putText(set, key, text)
  return { set, unset: Object.keys(from).filter((key) => !Object.hasOwn(to, key)) }
}
