import { moveMarkerKey, systemRecord } from '../stores/reserved-ids.ts'
import { isEnding, type SessionStore } from '../stores/store.ts'

/** A record in a store that says that a move to it or away from it was completed. */
export interface MoveMarker {
  /** Whether sessions were moved to this store, or away from it. */
  readonly where: 'here' | 'away'
  /** When the move was completed, in epoch milliseconds. */
  readonly at: number
}

const markerKey = 'sessions'
const dayMs = 86_400_000

/** Returns a store's marker, or `null` if no completed move involved the store. */
export async function readMarker(store: SessionStore): Promise<MoveMarker | null> {
  const found = await store.read(moveMarkerKey)
  if (found === null || isEnding(found)) return null
  return { where: found.data[markerKey] === 'here' ? 'here' : 'away', at: found.lastSeenAt }
}

/** Returns whether the sessions of another store were moved to this one, and not away again. */
export async function isActive(store: SessionStore, other: SessionStore): Promise<boolean> {
  const own = await readMarker(store)
  if (own?.where !== 'here') return false
  // The store may have been too full for the marker of a move away: then the other store has a later marker.
  const others = await readMarker(other)
  return others?.where !== 'here' || others.at < own.at
}

/** Returns when sessions were moved away from a store, or `null` if they were not, or were moved back. */
export async function movedAwayAt(store: SessionStore, other: SessionStore): Promise<number | null> {
  const [own, others] = await Promise.all([readMarker(store), readMarker(other)])
  if (own === null) return null
  if (own.where === 'away') return own.at
  return others?.where === 'here' && others.at >= own.at ? others.at : null
}

/** Marks that sessions were moved to one store and away from another. The other store may be too full for its marker. */
export async function activateStore(to: SessionStore, from: SessionStore): Promise<void> {
  const [own, others] = await Promise.all([readMarker(to), readMarker(from)])
  const isAlreadyActive = await isActive(to, from)
  const at = isAlreadyActive ? own!.at : Math.max(Date.now(), (others?.at ?? 0) + 1)
  if (!isAlreadyActive) await writeMarker(to, { where: 'here', at })
  if (others?.where !== 'away') await writeMarker(from, { where: 'away', at }).catch(() => {})
}

async function writeMarker(store: SessionStore, { where, at }: MoveMarker): Promise<void> {
  const record = systemRecord(moveMarkerKey, at, at + 400 * dayMs, { [markerKey]: where })
  const { secretHash, lastSeenAt, expiresAt, data } = record
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if ((await store.create(record)).result === 'created') return
    const change = { set: data, unset: [], lastSeenAt, expiresAt }
    if ((await store.update(moveMarkerKey, { secretHash }, change)) !== null) return
  }
  throw new Error('The store did not save the marker of the move.')
}

const maxAttempts = 5
