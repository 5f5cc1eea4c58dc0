import type { SessionNotice } from '../stores/store.ts'

/** One call of `sessions.watch`. */
export interface Watcher {
  readonly controller: AbortController
  /** The hashes of the secrets that count as this session: the one that its request opened, and the one after its renewal. */
  readonly secretHashes: readonly string[]
  readonly unsubscribe: () => void
}

/** A session that is watched at least once. */
export interface WatchedSession {
  readonly watchers: Set<Watcher>
  /** When the first watcher came, by `performance.now()`. */
  readonly watchedSince: number
  /** Whether a store had its record. A session that begins in the watching request has none yet. */
  isKnown: boolean
  /** When it is read again, by `performance.now()`. */
  dueAt: number
  /** Whether the store did not answer the last read. */
  lastReadFailed: boolean
  /** When it expires if it is not used again, in epoch milliseconds. */
  endsAt: number
  /** The user whose session it is; `null` for a guest's. */
  readonly userId: string | null
  /** Reads it soon. */
  readonly check: () => void
  /** Stops its reads. */
  readonly stop: () => void
}

export interface NewWatcher extends Pick<Watcher, 'controller' | 'secretHashes'> {
  /** Removes the watcher if it aborts. */
  readonly until: AbortSignal | undefined
}

/** The watched sessions of this process. It asks no store. */
export interface WatchRegistry {
  readonly sessions: ReadonlyMap<string, WatchedSession>
  addSession(id: string, session: WatchedSession): void
  addWatcher(id: string, session: WatchedSession, watcher: NewWatcher): void
  /** Aborts the watchers of a session that is over. Ignores a session that has been replaced by another of its id. */
  end(id: string, reason: string, session?: WatchedSession): void
  /** Aborts the watchers of a session that do not know its new secret. */
  renew(id: string, secretHash: string): void
  /** Reads the session of a notice if it is watched; all watched sessions if notices may be missing. */
  notify(notice: SessionNotice | null): void
}

export function createWatchRegistry(): WatchRegistry {
  const sessions = new Map<string, WatchedSession>()
  const unsubscribersOf = createSignalListeners()

  function removeSession(id: string, session: WatchedSession): void {
    if (sessions.get(id) !== session) return
    session.stop()
    sessions.delete(id)
  }

  return {
    sessions,
    addSession(id, session) {
      sessions.set(id, session)
    },
    addWatcher(id, session, { controller, secretHashes, until }) {
      const unsubscribers = until && unsubscribersOf(until)
      const unsubscribe = () => {
        unsubscribers?.delete(unsubscribe)
        session.watchers.delete(watcher)
        if (session.watchers.size === 0) removeSession(id, session)
      }
      const watcher: Watcher = { controller, secretHashes, unsubscribe }
      unsubscribers?.add(unsubscribe)
      controller.signal.addEventListener('abort', unsubscribe)
      session.watchers.add(watcher)
    },
    end(id, reason, session = sessions.get(id)) {
      if (session === undefined) return
      removeSession(id, session)
      for (const { controller } of session.watchers) controller.abort(reason)
    },
    renew(id, secretHash) {
      abortIfRenewed(sessions.get(id)?.watchers ?? [], secretHash)
    },
    notify(notice) {
      if (notice !== null) return sessions.get(notice.id)?.check()
      for (const { check } of sessions.values()) check()
    },
  }
}

/** Aborts watchers that do not know a session's present secret. Returns the hashes that those know. */
export function abortIfRenewed(watchers: Iterable<Watcher>, secretHash: string): string[] {
  const outdated = [...watchers].filter(({ secretHashes }) => !secretHashes.includes(secretHash))
  for (const { controller } of outdated) controller.abort('renewed')
  return outdated.flatMap(({ secretHashes }) => secretHashes)
}

/** Returns the listeners of a signal's abort. A signal gets one listener of Node's for all, because Node warns about many. */
function createSignalListeners(): (signal: AbortSignal) => Set<() => void> {
  const listenersBySignal = new WeakMap<AbortSignal, Set<() => void>>()
  return (signal) => {
    const known = listenersBySignal.get(signal)
    if (known !== undefined) return known
    const listeners = new Set<() => void>()
    listenersBySignal.set(signal, listeners)
    signal.addEventListener('abort', () => listeners.forEach((listener) => listener()))
    return listeners
  }
}
