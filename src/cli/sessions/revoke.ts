import { readSeconds } from '../../core/env-values.ts'
import type { Ending } from '../../stores/store.ts'
import { CommandError } from '../arguments.ts'
import { asUsageError } from '../keys.ts'
import { askConfirmation } from '../store/confirm.ts'
import type { StoreLocation } from '../store/types.ts'
import { withStore } from '../store/with-store.ts'
import { escapeHidden, formatCount, formatRelative, paintFor, printText, quoteForUser } from '../terminal.ts'
import { callStore, findSession, isLive } from './read-entries.ts'
import type { SessionsOptions } from './types.ts'

/** Ends one session. Returns 1 if it had ended before. */
export async function revokeSession(
  location: StoreLocation,
  id: string | undefined,
  { user, yes = false, json = false }: SessionsOptions,
): Promise<number> {
  checkCanAsk(yes)
  const now = Date.now()
  const { key, found } = await withStore(location, true, ({ store }, countRead) =>
    findSession(store, location.name, id!, user, countRead),
  )
  if (!isLive(found, now)) return report(json, { ended: 0 }, 'The session is over already.')
  const owner = key.userId === null ? 'a guest' : quoteForUser(key.userId)
  const label = found.label === null ? '' : `${escapeHidden(found.label)}, `
  const used = `${label}used ${formatRelative(found.lastSeenAt, now)}`
  await confirm(yes, `End the session ${escapeHidden(key.id)} of ${owner} (${used})? [y/N] `)
  const ended = await withStore(location, false, ({ store }) => store.end(key, endingAt(now)))
  if (ended === false) return report(json, { ended: 0 }, 'The session is over already.')
  const confirmed = ended === true
  return report(json, { ended: 1, confirmed }, `1 session of ${owner} ended.${confirmed ? '' : unconfirmedText}`)
}

/** Ends all sessions of a user, also those of sign-ins in progress. Returns 0 also if there was none. */
export async function revokeAllSessions(
  location: StoreLocation,
  userId: string | undefined,
  { yes = false, json = false }: SessionsOptions,
): Promise<number> {
  checkCanAsk(yes)
  const now = Date.now()
  const owner = quoteForUser(userId!)
  if (!yes) {
    const sessions = await withStore(location, true, ({ store }) => callStore(location.name, () => store.list(userId!)))
    const count = sessions.filter(({ expiresAt }) => expiresAt > now).length
    await confirm(yes, `End all sessions of ${owner} (${formatCount(count, 'session')})? [y/N] `)
  }
  const { ended, isConfirmed: confirmed } = await withStore(location, false, ({ store }) =>
    callStore(location.name, () => store.endAll(userId!, endingAt(now))),
  )
  const text = `${formatCount(ended.length, 'session')} of ${owner} ended.${confirmed ? '' : unconfirmedText}`
  await report(json, { ended: ended.length, confirmed }, text)
  return 0
}

const unconfirmedText = ' Too few replicas have confirmed it: a failover could undo it.'

/** @throws CommandError if there is no terminal to ask on */
function checkCanAsk(yes: boolean): void {
  if (yes || (process.stdin.isTTY && process.stderr.isTTY)) return
  throw new CommandError(2, 'This ends sessions, and asks first on a terminal. Without a terminal, add --yes.')
}

async function confirm(yes: boolean, question: string): Promise<void> {
  if (!yes && !(await askConfirmation(question))) throw new CommandError(1, 'Nothing was done.')
}

/** Returns the ending, which is kept until no cookie of the session can open. */
function endingAt(now: number): Ending {
  const absoluteTimeout = asUsageError(() => readSeconds(process.env, 'SESSION_ABSOLUTE_LIFETIME')) ?? 30 * 86_400
  return { ended: 'revoked', endedAt: now, expiresAt: now + absoluteTimeout * 1000 }
}

async function report(json: boolean, members: object, text: string): Promise<number> {
  const isDone = Reflect.get(members, 'ended') !== 0
  const paint = paintFor(process.stdout)
  await printText(json ? `${JSON.stringify(members)}\n` : `${isDone ? paint.good('✓') : paint.bad('✗')} ${text}\n`)
  return isDone ? 0 : 1
}
