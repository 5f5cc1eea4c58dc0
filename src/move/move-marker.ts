import { moveMarkerId } from '../stores/reserved-ids.ts'
import { isEnding, type SessionRecord, type SessionStore } from '../stores/store.ts'

/** What a store says of the sessions that it has. */
export interface MoveMarker {
  /** Whether they were moved there, or away from there. */
  readonly where: 'here' | 'away'
  /** Since when, in epoch milliseconds. */
  readonly at: number
}

const markerKey = 'sessions'
const dayMs = 86_400_000

/** `null` where no move that was done had to do with the store. */
export async function readMarker(store: SessionStore): Promise<MoveMarker | null> {
  const found = await store.read(moveMarkerId)
  if (found === null || isEnding(found)) return null
  return { where: found.data[markerKey] === 'here' ? 'here' : 'away', at: found.lastSeenAt }
}

/** Whether all sessions of another store were moved to this one, and none of them away since. */
export async function isActive(store: SessionStore, other: SessionStore): Promise<boolean> {
  const own = await readMarker(store)
  if (own?.where !== 'here') return false
  // Where there was no room to say that they were moved away, what was said later counts.
  const others = await readMarker(other)
  return others?.where !== 'here' || others.at < own.at
}

/** Before when what a store has was moved away from there; `null` where nothing was, or it came back. */
export async function movedAwayAt(store: SessionStore, other: SessionStore): Promise<number | null> {
  const [own, others] = await Promise.all([readMarker(store), readMarker(other)])
  if (own === null) return null
  if (own.where === 'away') return own.at
  return others?.where === 'here' && others.at >= own.at ? others.at : null
}

/** Says that sessions were moved to a store, and away from another, which need not have room for that. */
export async function activateStore(to: SessionStore, from: SessionStore): Promise<void> {
  const [own, others] = await Promise.all([readMarker(to), readMarker(from)])
  const isAlreadyActive = await isActive(to, from)
  const at = isAlreadyActive ? own!.at : Math.max(Date.now(), (others?.at ?? 0) + 1)
  if (!isAlreadyActive) await writeMarker(to, { where: 'here', at })
  if (others?.where !== 'away') await writeMarker(from, { where: 'away', at }).catch(() => {})
}

async function writeMarker(store: SessionStore, { where, at }: MoveMarker): Promise<void> {
  const data = { [markerKey]: where }
  const [lastSeenAt, expiresAt] = [at, at + 400 * dayMs]
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (await store.create({ ...emptyMarker, createdAt: at, lastSeenAt, expiresAt, data })) return
    const change = { set: data, unset: [], lastSeenAt, expiresAt }
    if ((await store.update(moveMarkerId, { secretHash: emptyMarker.secretHash }, change)) !== null) return
  }
  throw new Error('The store does not keep where its sessions are.')
}

const maxAttempts = 5

const emptyMarker: Omit<SessionRecord, 'createdAt' | 'lastSeenAt' | 'expiresAt' | 'data'> = {
  id: moveMarkerId,
  secretHash: 'none',
  version: 1,
  userId: null,
  signedInAt: null,
  remember: false,
  label: null,
}
