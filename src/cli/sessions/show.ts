import { isEnding, type Ending, type SessionKey, type SessionRecord } from '../../stores/store.ts'
import { dataMembers, formatData } from '../session-data.ts'
import type { StoreLocation } from '../store/types.ts'
import { withStore } from '../store/with-store.ts'
import {
  escapeHidden,
  escapeHiddenJson,
  formatDuration,
  formatInstant,
  formatTable,
  paintFor,
  printText,
} from '../terminal.ts'
import { sessionMembers } from './list.ts'
import { findSession } from './read-entries.ts'
import type { SessionsOptions } from './types.ts'

/** Prints one session. Its data is shown without values unless `show`. Returns 1 if the session is not live. */
export async function showSession(
  location: StoreLocation,
  id: string | undefined,
  { user, show = false, json = false }: SessionsOptions,
): Promise<number> {
  const now = Date.now()
  const { key, found } = await withStore(location, true, ({ store }, countRead) =>
    findSession(store, location.name, id!, user, countRead),
  )
  if (isEnding(found)) {
    await printText(json ? `${escapeHiddenJson({ ...key, ended: found.ended })}\n` : formatEnding(key, found, now))
    return 1
  }
  await printText(
    json
      ? `${escapeHiddenJson({ ...sessionMembers(found), ...dataMembers(found.data, show) })}\n`
      : formatTable(rowsOf(found, now, show), paintFor(process.stdout)),
  )
  return found.expiresAt > now ? 0 : 1
}

const formatEnding = ({ id, userId }: SessionKey, { ended, endedAt }: Ending, now: number): string =>
  `The session ${escapeHidden(id)} of ${userId === null ? 'a guest' : escapeHidden(userId)} has ended (${ended}): ${formatInstant(endedAt, now)}\n`

function rowsOf(record: SessionRecord, now: number, show: boolean): [string, ...string[]][] {
  const { id, userId, label, createdAt, signedInAt, lastSeenAt, expiresAt, remember, methods, data } = record
  const { idleTimeout, absoluteTimeout } = record
  const confirmed = methods.map(([name, at]) => `${escapeHidden(name)}, ${formatInstant(at, now)}`)
  return [
    ['session', escapeHidden(id)],
    ['user', userId === null ? 'guest' : escapeHidden(userId)],
    ...(label === null ? [] : [['label', escapeHidden(label)] as [string, string]]),
    ['began', formatInstant(createdAt, now)],
    ...(signedInAt === null ? [] : [['signed in', formatInstant(signedInAt, now)] as [string, string]]),
    ...(confirmed.length === 0 ? [] : [['confirmed', ...confirmed] as [string, ...string[]]]),
    ['last use', formatInstant(lastSeenAt, now)],
    [expiresAt > now ? 'expires' : 'expired', formatInstant(expiresAt, now)],
    ...(idleTimeout === null ? [] : [['own idle timeout', formatDuration(idleTimeout)] as [string, string]]),
    ...(absoluteTimeout === null
      ? []
      : [['own absolute timeout', formatDuration(absoluteTimeout)] as [string, string]]),
    ['remember', remember ? 'yes, remains when the browser closes' : 'no, ends when the browser closes'],
    ['data', ...formatData(data, show)],
  ]
}
