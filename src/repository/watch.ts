import { expiresAt, expiryReason } from '../core/lifetime.ts'
import { warnOnce } from '../core/warn-once.ts'
import type { SessionState } from '../session/state.ts'
import { isEnding } from '../stores/store.ts'
import { hasLastingTimers } from '../util/deadlines.ts'
import { sha256 } from '../util/sha256.ts'
import type { NoticeListener } from './notice-listener.ts'
import { createReadQueue } from './read-queue.ts'
import { outcomeOf, withLastSeen } from './record.ts'
import type { Found } from './resilient-store.ts'
import type { StoreContext } from './store-context.ts'
import { abortIfRenewed, type WatchedSession, type Watcher, type WatchRegistry } from './watch-registry.ts'

/** How often to check which sessions are due, in milliseconds. */
const checkIntervalMs = 250

/** How often a session is read if the store cannot notify: in every third check. */
const pollEveryMs = 2.2 * checkIntervalMs

/** How often a session is read if the store notifies. A record may be gone without an ending, and then nothing is published. */
const recheckEveryMs = 15_000

/** How long a session that begins in the watching request may have no record. */
const unknownForMs = 60_000

/** How a session is, by its record. */
type Status =
  | 'ended'
  | 'revoked'
  | 'limit'
  | 'idle'
  | 'expired'
  /** It has a new id. */
  | 'renewed'
  /** The store has no record of it. */
  | 'unknown'
  /** The store did not answer. */
  | null
  /** It is live. `endsAt` is when it expires if it is not used again, in epoch milliseconds. */
  | { readonly endsAt: number; readonly secretHash: string }

/** A watched session when its read started. */
interface BeforeRead extends Pick<WatchedSession, 'isKnown'> {
  readonly startedAt: number
  readonly watchers: readonly Watcher[]
}

export type Watch = (state: SessionState, controller: AbortController, until: AbortSignal | undefined) => void

/**
 * Creates `sessions.watch`: it reads the records of watched sessions, when the store notifies and from time to time. Each session
 * is read once, however many requests watch it.
 *
 * One closure, because the reads, the timer and `watch` start each other.
 *
 * @param listener passes the store's notices on to the registry
 */
export function createSessionWatch(context: StoreContext, registry: WatchRegistry, listener: NoticeListener): Watch {
  const { now } = context
  const reads = createReadQueue(checkSession)
  let timer: ReturnType<typeof setTimeout> | null = null

  async function checkSession(id: string): Promise<void> {
    const session = registry.sessions.get(id)
    if (session === undefined) return
    const startedAt = performance.now()
    // Spread the rechecks. If many were due at once, sessions that the store has notified of would have to wait.
    const recheckMs = recheckEveryMs * (1 - Math.random() / 3)
    session.dueAt = startedAt + (listener.canListen ? recheckMs : pollEveryMs)
    // Ignore watchers added after the read started: its result may be older than they are.
    const before: BeforeRead = { startedAt, isKnown: session.isKnown, watchers: [...session.watchers] }
    const apply = (status: Status) => applyStatus(context, registry, id, session, status, before)
    apply(await readStatus(context, id, session, apply))
  }

  function checkDue(): void {
    timer = null
    const [at, instant] = [performance.now(), now()]
    reads.adaptLimit()
    for (const [id, { dueAt, endsAt }] of registry.sessions) {
      if (at >= dueAt || instant >= endsAt) reads.add(id)
    }
    if (registry.sessions.size > 0) scheduleCheck()
    else listener.stop()
  }

  function scheduleCheck(): void {
    timer ??= setTimeout(checkDue, checkIntervalMs)
    // Watching alone must not keep the process alive.
    timer.unref?.()
  }

  function startWatching(id: string, userId: string | null): WatchedSession {
    const session: WatchedSession = {
      watchers: new Set(),
      watchedSince: performance.now(),
      isKnown: false,
      dueAt: 0,
      lastReadFailed: false,
      endsAt: Infinity,
      userId,
      check: () => reads.add(id),
      stop: () => reads.remove(id),
    }
    registry.addSession(id, session)
    listener.start()
    scheduleCheck()
    return session
  }

  return function watch({ identity, userId, opening }, controller, until) {
    if (!hasLastingTimers())
      warnOnce(
        'sessions.watch does not work on Cloudflare Workers: its signal never aborts there. Read the session again.',
      )
    if (identity === null || until?.aborted) return
    const { id } = identity
    // After a sign-in in this request, the opened token is the guest's. It says nothing about the new session.
    const openedToken = opening.openedToken?.identity?.id === id ? opening.openedToken : null
    const session = registry.sessions.get(id) ?? startWatching(id, userId)
    const secretHashes = [openedToken?.identity ?? identity, identity].map(({ secret }) => sha256(secret))
    registry.addWatcher(id, session, { controller, secretHashes, until })
    session.isKnown ||= openedToken?.confirmedAt != null
    // Read now, because the session may have ended after the request was opened, and nothing notifies of that any more.
    reads.add(id)
  }
}

/** @param onLate gets the status by an answer that comes late */
async function readStatus(
  { store, known, lifetimes, idIsSecret, now }: StoreContext,
  id: string,
  { userId }: WatchedSession,
  onLate: (status: Status) => void,
): Promise<Status> {
  const session = { identity: { id }, userId }
  const outcome = known.outcomeOf(session)
  if (outcome !== undefined) return outcome

  function statusOf(found: Found): Status {
    if (found === null) return 'unknown'
    if (isEnding(found)) {
      if (!idIsSecret) known.add({ id, isGuest: userId === null, ended: found.ended })
      return found.movedTo === undefined ? outcomeOf(found.ended) : 'renewed'
    }
    const present = withLastSeen(found, lifetimes, now())
    const endsAt = expiresAt(present, lifetimes, present.lastSeenAt)
    return expiryReason(present, lifetimes, now()) ?? { endsAt, secretHash: found.secretHash }
  }

  try {
    return statusOf(await store.read({ id, userId }, undefined, (late) => onLate(statusOf(late))))
  } catch {
    // The outage was reported as an event. It ends no session, but a notice may have said before that this one is over.
    return known.lastOutcomeOf(session) ?? null
  }
}

function applyStatus(
  { known }: StoreContext,
  registry: WatchRegistry,
  id: string,
  session: WatchedSession,
  status: Status,
  before: BeforeRead,
): void {
  const key = { id, isGuest: session.userId === null }
  if (status === null) {
    // Read again in the next check; if that fails too, at the polling interval.
    session.dueAt = session.lastReadFailed ? performance.now() + pollEveryMs : -Infinity
  } else if (typeof status === 'object') {
    session.isKnown = true
    session.endsAt = status.endsAt
    const replacedHashes = abortIfRenewed(before.watchers, status.secretHash)
    if (replacedHashes.length > 0) known.addUnknown(key, replacedHashes)
  } else if (status !== 'unknown') {
    registry.end(id, status, session)
  } else if (before.isKnown) {
    known.addUnknown(key, [], true)
    registry.end(id, 'ended', session)
  } else if (before.startedAt - session.watchedSince > unknownForMs) {
    // The request that was to begin the session has failed. Nothing ended, so do not abort.
    for (const { unsubscribe } of session.watchers) unsubscribe()
  }
  session.lastReadFailed = status === null
}
