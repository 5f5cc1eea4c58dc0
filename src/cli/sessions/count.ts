import { isEnding } from '../../stores/store.ts'
import type { StoreLocation } from '../store/types.ts'
import { withStore } from '../store/with-store.ts'
import { formatCount, printText } from '../terminal.ts'
import { callStore, isLive, readEntries } from './read-entries.ts'
import type { SessionsOptions } from './types.ts'

/** Counts the sessions of a user, or of all. */
export async function countSessions(
  location: StoreLocation,
  userId: string | undefined,
  { json = false }: SessionsOptions,
): Promise<number> {
  const now = Date.now()
  if (userId !== undefined) {
    const sessions = await withStore(location, true, async ({ store }) =>
      callStore(location.name, () => store.list(userId)),
    )
    const count = sessions.filter(({ expiresAt }) => expiresAt > now).length
    await printText(json ? `${JSON.stringify({ sessions: count })}\n` : `${formatCount(count, 'session')}\n`)
    return 0
  }
  const counts = await withStore(location, true, async ({ store }, countRead) => {
    const users = new Set<string>()
    const counted = { sessions: 0, guests: 0, ended: 0, expired: 0 }
    for await (const { key, found } of readEntries(store, location.name, countRead)) {
      if (isEnding(found)) counted.ended++
      else if (!isLive(found, now)) counted.expired++
      else if (key.userId === null) counted.guests++
      else {
        counted.sessions++
        users.add(key.userId)
      }
    }
    return { users: users.size, ...counted }
  })
  await printText(json ? `${JSON.stringify(counts)}\n` : formatCounts(counts))
  return 0
}

function formatCounts({ users, sessions, guests, ended, expired }: Record<string, number>): string {
  const lines = [
    `${formatCount(sessions!, 'session')} of ${formatCount(users!, 'user')}`,
    `${formatCount(guests!, 'session')} of guests`,
    `${formatCount(ended!, 'session')} signed out or revoked, kept until no cookie opens them`,
    `${formatCount(expired!, 'session')} expired, not removed yet`,
  ]
  return `${lines.join('\n')}\n`
}
