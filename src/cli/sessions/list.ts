import type { SessionInfo } from '../../stores/store.ts'
import type { StoreLocation } from '../store/types.ts'
import { withStore } from '../store/with-store.ts'
import { escapeHidden, escapeHiddenJson, formatRelative, paintFor, printText, type Paint } from '../terminal.ts'
import { callStore, isLive, readEntries } from './read-entries.ts'
import type { SessionsOptions } from './types.ts'

/** Prints the sessions of a user, the last used first; or all sessions of the store, in any order. */
export async function listSessions(
  location: StoreLocation,
  userId: string | undefined,
  { json = false }: SessionsOptions,
): Promise<number> {
  const now = Date.now()
  const paint = paintFor(process.stdout)
  const print = (session: SessionInfo) =>
    printText(json ? `${escapeHiddenJson(sessionMembers(session))}\n` : formatLine(session, now, paint))
  let count = 0
  await withStore(location, true, async ({ store }, countRead) => {
    if (userId !== undefined) {
      const sessions = await callStore(location.name, () => store.list(userId))
      for (const session of sessions.toSorted((one, other) => other.lastSeenAt - one.lastSeenAt)) {
        if (session.expiresAt <= now) continue
        count++
        await print(session)
      }
      return
    }
    // On a terminal the printed lines show the progress.
    const countUnseen = process.stdout.isTTY ? () => {} : countRead
    for await (const { found } of readEntries(store, location.name, countUnseen)) {
      if (!isLive(found, now)) continue
      count++
      await print(found)
    }
  })
  if (count === 0 && !json)
    console.error(userId === undefined ? 'There are no sessions.' : 'This user has no sessions.')
  return 0
}

/** Returns what is not secret of a session, for JSON. Instants are epoch milliseconds, timeouts seconds. */
export const sessionMembers = ({
  id,
  userId,
  label,
  createdAt,
  signedInAt,
  lastSeenAt,
  expiresAt,
  remember,
  idleTimeout,
  absoluteTimeout,
  methods,
}: SessionInfo): SessionInfo => ({
  id,
  userId,
  label,
  createdAt,
  signedInAt,
  lastSeenAt,
  expiresAt,
  remember,
  idleTimeout,
  absoluteTimeout,
  methods,
})

function formatLine({ id, userId, label, lastSeenAt }: SessionInfo, now: number, paint: Paint): string {
  const user = userId === null ? paint.faint('guest'.padEnd(userColumns)) : escapeHidden(userId).padEnd(userColumns)
  const used = `used ${formatRelative(lastSeenAt, now)}`
  return `${escapeHidden(id)}  ${user}  ${label === null ? used : used.padEnd(usedColumns) + escapeHidden(label)}\n`
}

const userColumns = 20
const usedColumns = 24
