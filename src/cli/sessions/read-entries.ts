import { SojournError } from '../../core/errors.ts'
import { isMoveMarker } from '../../stores/reserved-ids.ts'
import { isEnding, type Ending, type SessionKey, type SessionRecord, type SessionStore } from '../../stores/store.ts'
import { CommandError } from '../arguments.ts'
import { escapeHidden, quoteForUser } from '../terminal.ts'
import type { CountRead } from '../store/with-store.ts'

/** A session in a store, or what is left of one that ended. */
export interface SessionEntry {
  readonly key: SessionKey
  readonly found: SessionRecord | Ending
}

/** Yields each session and ending of a store once. @throws CommandError if the store cannot list them */
export async function* readEntries(
  { all }: Pick<SessionStore, 'all'>,
  name: string,
  countRead: CountRead,
): AsyncGenerator<SessionEntry> {
  if (all === undefined) throw noListError(name)
  const seen = new Set<string>()
  for await (const entry of all()) {
    if (!('key' in entry) || isMoveMarker(entry.key) || seen.has(entry.key.id)) continue
    // A store may yield an entry twice.
    seen.add(entry.key.id)
    countRead(seen.size)
    yield entry
  }
}

/** Finds a session by its id, and by its user if that is known. @throws CommandError if there is none */
export async function findSession(
  store: SessionStore,
  name: string,
  id: string,
  userId: string | undefined,
  countRead: CountRead,
): Promise<SessionEntry> {
  if (store.all === undefined) throw noListError(name)
  const key = { id, userId: userId ?? null }
  const found = await store.read(key)
  if (found !== null) return { key, found }
  if (userId === undefined)
    for await (const entry of readEntries(store, name, countRead)) if (entry.key.id === id) return entry
  const owner = userId === undefined ? '' : ` of user ${quoteForUser(userId)}`
  throw new CommandError(1, `${escapeHidden(name)} has no session ${quoteForUser(id)}${owner}.`)
}

/** Returns whether an entry is a session that has not expired. */
export const isLive = (found: SessionRecord | Ending, now: number): found is SessionRecord =>
  !isEnding(found) && found.expiresAt > now

/** Explains that a store cannot list its sessions. */
function noListError(name: string): CommandError {
  return new CommandError(
    1,
    `${escapeHidden(name)} keeps no list of users' sessions, and the id of a session there is its secret. So sessions cannot be listed, shown or ended here. Sojourn's own stores can: see docs/flask-session.md.`,
  )
}

/** Runs a call of a store, and explains it if the store cannot do it. */
export async function callStore<Value>(name: string, call: () => Promise<Value>): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof SojournError && error.code === 'ERR_NO_STORE') throw noListError(name)
    throw error
  }
}
