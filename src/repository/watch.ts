import { expiresAt, expiryReason } from '../core/lifetime.ts'
import type { SessionState } from '../session/state.ts'
import { isEnding, type SessionStore } from '../stores/store.ts'
import { sha256 } from '../util/sha256.ts'
import { outcomeOf, withLastSeen } from './record.ts'
import type { StoreContext } from './store-context.ts'

/** How often sessions are looked after, in milliseconds. */
const checkIntervalMs = 250

/** After how long one is asked for again, in the next turn, where the store tells nothing by itself: in three turns. */
const pollEveryMs = 2.2 * checkIntervalMs

/** How often what a store tells is asked for all the same: a record may be gone without an end. */
const recheckEveryMs = 15_000

/** How many are asked for at once, so that requests find the store at leisure; and where these are too few for so many sessions. */
const [batchSize, maxBatchSize] = [20, 160]

/** For how long a store may know nothing of one that is about to begin, in milliseconds. */
const unknownForMs = 60_000

/** One who watches. */
interface Watcher {
  readonly controller: AbortController
  /** The hashes that its secret may have: of the one that its request came with, and of the one that it goes on with. */
  readonly secretHashes: readonly string[]
  readonly unsubscribe: () => void
}

interface WatchedSession {
  readonly watchers: Set<Watcher>
  /** Since when it is watched, by `performance.now()`. */
  readonly watchedSince: number
  /** Whether a store has had it: what is about to begin is not there yet. */
  isKnown: boolean
  /** When it is asked for again, by `performance.now()`. */
  dueAt: number
  /** Whether the store did not answer for it. */
  lastReadFailed: boolean
  /** Until when it is good, by the clock of the sessions, if it is not used meanwhile. */
  endsAt: number
  stop?: (() => void) | undefined
}

/** How a session is. */
type Status =
  | 'ended'
  | 'revoked'
  | 'idle'
  | 'expired'
  /** It goes on under another id. */
  | 'renewed'
  /** A store has nothing of it. */
  | 'unknown'
  /** It cannot be told now. */
  | null
  /** It is live: until when, in epoch milliseconds, and for whom. */
  | { readonly endsAt: number; readonly secretHash: string }

/**
 * Watches sessions for their end: as the store tells it, and by asking it. Each session is asked for once, however much of
 * it is open.
 *
 * @param rawStore the store itself
 */
export function createSessionWatch({ store, endQueue, lifetimes, now }: StoreContext, rawStore: SessionStore) {
  const watched = new Map<string, WatchedSession>()
  const queue = new Set<string>()
  // One listener for all who have one signal, of which Node would warn.
  const unsubscribersBySignal = new WeakMap<AbortSignal, Set<() => void>>()
  let readsInFlight = 0
  let maxInFlight = batchSize
  let timer: ReturnType<typeof setTimeout> | null = null

  function queueRead(id: string): void {
    queue.add(id)
    for (const next of queue) {
      if (readsInFlight >= maxInFlight) return
      queue.delete(next)
      const each = watched.get(next)
      if (each !== undefined) void checkSession(next, each)
    }
  }

  async function checkSession(id: string, each: WatchedSession): Promise<void> {
    readsInFlight++
    const at = performance.now()
    // Not all in one turn, for which what is told would have to wait.
    each.dueAt = at + (rawStore.watch === undefined ? pollEveryMs : recheckEveryMs * (1 - Math.random() / 3))
    // Of who comes while it is asked, the answer says nothing.
    const [{ isKnown }, watchers] = [each, [...each.watchers]] as const
    const status = await readStatus(id)
    readsInFlight--
    // In the next turn; and of a store that is down, by and by.
    if (status === null) each.dueAt = each.lastReadFailed ? performance.now() + pollEveryMs : -Infinity
    else if (typeof status === 'object') {
      each.isKnown = true
      each.endsAt = status.endsAt
      for (const watcher of watchers) abortIfRenewed(watcher, status.secretHash)
    } else if (status !== 'unknown') endWatch(id, each, status)
    else if (isKnown) endWatch(id, each, 'ended')
    else if (at - each.watchedSince > unknownForMs) for (const { unsubscribe } of each.watchers) unsubscribe()
    each.lastReadFailed = status === null
    const [next] = queue
    if (next !== undefined) queueRead(next)
  }

  async function readStatus(id: string): Promise<Status> {
    const reason = endQueue.reasonOf(id)
    if (reason !== undefined) return outcomeOf(reason)
    try {
      const found = await store.read(id)
      if (found === null) return 'unknown'
      if (isEnding(found)) return found.movedTo === undefined ? outcomeOf(found.ended) : 'renewed'
      const present = withLastSeen(found, lifetimes, now())
      const endsAt = expiresAt(present, lifetimes, present.lastSeenAt)
      return expiryReason(present, lifetimes, now()) ?? { endsAt, secretHash: found.secretHash }
    } catch {
      // It was told of, and ends nothing.
      return null
    }
  }

  function abortIfRenewed({ secretHashes, controller }: Watcher, secretHash: string): void {
    if (!secretHashes.includes(secretHash)) controller.abort('renewed')
  }

  function endWatch(id: string, each: WatchedSession, reason: string): void {
    stopWatching(id, each)
    for (const { controller } of each.watchers) controller.abort(reason)
  }

  function stopWatching(id: string, each: WatchedSession): void {
    if (watched.get(id) !== each) return
    queue.delete(id)
    each.stop?.()
    watched.delete(id)
  }

  function checkDue(): void {
    timer = null
    const [at, instant] = [performance.now(), now()]
    maxInFlight = queue.size > 0 ? Math.min(2 * maxInFlight, maxBatchSize) : batchSize
    for (const [id, { dueAt, endsAt }] of watched) {
      if (at >= dueAt || instant >= endsAt) queueRead(id)
    }
    if (watched.size > 0) scheduleCheck()
  }

  function scheduleCheck(): void {
    timer ??= setTimeout(checkDue, checkIntervalMs)
    // What is open keeps a process alive, not its being watched.
    timer.unref?.()
  }

  function startWatching(id: string): WatchedSession {
    const each: WatchedSession = {
      watchers: new Set(),
      watchedSince: performance.now(),
      isKnown: false,
      dueAt: 0,
      lastReadFailed: false,
      endsAt: Infinity,
    }
    watched.set(id, each)
    each.stop = rawStore.watch?.(id, () => queueRead(id))
    scheduleCheck()
    return each
  }

  function unsubscribersOf(until: AbortSignal): Set<() => void> {
    let unsubscribers = unsubscribersBySignal.get(until)
    if (unsubscribers === undefined) {
      unsubscribersBySignal.set(until, (unsubscribers = new Set()))
      until.addEventListener('abort', () => unsubscribersBySignal.get(until)!.forEach((leave) => leave()))
    }
    return unsubscribers
  }

  return {
    /**
     * Aborts when a session has ended, or has another secret than these, with the reason.
     *
     * @param until ends the watching
     */
    watch({ identity, opening }: SessionState, controller: AbortController, until: AbortSignal | undefined): void {
      if (identity === null || until?.aborted) return
      // Of somebody who signs in with this request, what was opened is a guest's.
      const openedToken = opening.openedToken?.identity?.id === identity.id ? opening.openedToken : null
      const each = watched.get(identity.id) ?? startWatching(identity.id)
      const secretHashes = [openedToken?.identity ?? identity, identity].map(({ secret }) => sha256(secret))
      const unsubscribers = until && unsubscribersOf(until)
      const unsubscribe = () => {
        unsubscribers?.delete(unsubscribe)
        each.watchers.delete(watcher)
        if (each.watchers.size === 0) stopWatching(identity.id, each)
      }
      const watcher = { controller, secretHashes, unsubscribe }
      unsubscribers?.add(unsubscribe)
      controller.signal.addEventListener('abort', unsubscribe)
      each.watchers.add(watcher)
      each.isKnown ||= openedToken?.confirmedAt != null
      // What ended since its request was opened, nobody will tell.
      queueRead(identity.id)
    },

    /** Tells those who watch a session here that this process has ended it, whatever its store says. */
    end(id: string, reason: string): void {
      const each = watched.get(id)
      if (each !== undefined) endWatch(id, each, reason)
    },

    /** Tells those who watch a session here that this process has renewed it. */
    renew(id: string, secretHash: string): void {
      for (const watcher of watched.get(id)?.watchers ?? []) abortIfRenewed(watcher, secretHash)
    },
  }
}
