import { isEnding, type SessionRecord, type SessionStore } from '../store.ts'

/** The id of the record by which a store says that sessions were moved there. A dot is in no id of a session. */
export const markId = 'moved.here'

const key = 'sessions'
const days = 86_400_000

/** Whether all sessions of another store were moved to this one, and none of them away since. */
export async function isHome(store: SessionStore): Promise<boolean> {
  const found = await store.read(markId)
  return found !== null && !isEnding(found) && found.data[key] === 'here'
}

/** Says so, or that they were moved away from where that was said. */
export async function mark(store: SessionStore, where: 'here' | 'away', now: number): Promise<void> {
  const data = { [key]: where }
  const [lastSeenAt, expiresAt] = [now, now + 400 * days]
  for (let tried = 0; tried < tries; tried++) {
    const found = await store.read(markId)
    if (found === null && where === 'away') return
    if (found === null && (await store.create({ ...blank, createdAt: now, lastSeenAt, expiresAt, data }))) return
    const change = { set: data, unset: [], lastSeenAt, expiresAt }
    if ((await store.update(markId, { secretHash: blank.secretHash }, change)) !== null) return
  }
  throw new Error('The store does not keep where its sessions are.')
}

const tries = 5

const blank: Omit<SessionRecord, 'createdAt' | 'lastSeenAt' | 'expiresAt' | 'data'> = {
  id: markId,
  secretHash: 'none',
  version: 1,
  userId: null,
  signedInAt: null,
  remember: false,
  label: null,
}
