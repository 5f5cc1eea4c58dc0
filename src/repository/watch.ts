import { sha256 } from '../util/sha256.ts'
import { endIfUnused, outlived } from '../core/lifetime.ts'
import { wordFor } from './store-lookup.ts'
import { type Presence } from './store-context.ts'
import { withLastUse } from './record.ts'
import type { SessionState } from '../session/state.ts'
import { isEnding, type SessionStore } from '../stores/store.ts'

/** How often sessions are looked after, in milliseconds. */
const pause = 250

/** After how long one is asked for again, in the next turn, where the store tells nothing by itself: in three turns. */
const often = 2.2 * pause

/** How often what a store tells is asked for all the same: a record may be gone without an end. */
const seldom = 15_000

/** How many are asked for at once, so that requests find the store at leisure; and where these are too few for so many sessions. */
const [together, most] = [20, 160]

/** For how long a store may know nothing of one that is about to begin, in milliseconds. */
const patience = 60_000

/** One who watches. */
interface Watcher {
  readonly ended: AbortController
  /** The hashes that its secret may have: of the one that its request came with, and of the one that it goes on with. */
  readonly held: readonly string[]
  readonly leave: () => void
}

interface Watched {
  readonly by: Set<Watcher>
  /** Since when it is watched, by `performance.now()`. */
  readonly since: number
  /** Whether a store has had it: what is about to begin is not there yet. */
  isKnown: boolean
  /** When it is asked for again, by `performance.now()`. */
  dueAt: number
  /** Whether the store did not answer for it. */
  isMissed: boolean
  /** Until when it is good, by the clock of the sessions, if it is not used meanwhile. */
  endsAt: number
  stop?: (() => void) | undefined
}

/** How a session is. */
type Standing =
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
 * @param kept the store itself
 */
export function createWatching({ store, ends, lifetimes, now }: Presence, kept: SessionStore) {
  const watched = new Map<string, Watched>()
  const waiting = new Set<string>()
  // One listener for all who have one signal, of which Node would warn.
  const leaving = new WeakMap<AbortSignal, Set<() => void>>()
  let asking = 0
  let atOnce = together
  let timer: ReturnType<typeof setTimeout> | null = null

  function look(id: string): void {
    waiting.add(id)
    for (const next of waiting) {
      if (asking >= atOnce) return
      waiting.delete(next)
      const each = watched.get(next)
      if (each !== undefined) void lookNow(next, each)
    }
  }

  async function lookNow(id: string, each: Watched): Promise<void> {
    asking++
    const at = performance.now()
    // Not all in one turn, for which what is told would have to wait.
    each.dueAt = at + (kept.watch === undefined ? often : seldom * (1 - Math.random() / 3))
    // Of who comes while it is asked, the answer says nothing.
    const [{ isKnown }, by] = [each, [...each.by]] as const
    const found = await standing(id)
    asking--
    // In the next turn; and of a store that is down, by and by.
    if (found === null) each.dueAt = each.isMissed ? performance.now() + often : -Infinity
    else if (typeof found === 'object') {
      each.isKnown = true
      each.endsAt = found.endsAt
      for (const one of by) judge(one, found.secretHash)
    } else if (found !== 'unknown') over(id, each, found)
    else if (isKnown) over(id, each, 'ended')
    else if (at - each.since > patience) for (const { leave } of each.by) leave()
    each.isMissed = found === null
    const [next] = waiting
    if (next !== undefined) look(next)
  }

  async function standing(id: string): Promise<Standing> {
    const reason = ends.reason(id)
    if (reason !== undefined) return wordFor(reason)
    try {
      const found = await store.read(id)
      if (found === null) return 'unknown'
      if (isEnding(found)) return found.movedTo === undefined ? wordFor(found.ended) : 'renewed'
      const present = withLastUse(found, lifetimes, now())
      const endsAt = endIfUnused(present, lifetimes, present.lastSeenAt)
      return outlived(present, lifetimes, now()) ?? { endsAt, secretHash: found.secretHash }
    } catch {
      // It was told of, and ends nothing.
      return null
    }
  }

  function judge({ held, ended }: Watcher, secretHash: string): void {
    if (!held.includes(secretHash)) ended.abort('renewed')
  }

  function over(id: string, each: Watched, reason: string): void {
    drop(id, each)
    for (const { ended } of each.by) ended.abort(reason)
  }

  function drop(id: string, each: Watched): void {
    if (watched.get(id) !== each) return
    waiting.delete(id)
    each.stop?.()
    watched.delete(id)
  }

  function turn(): void {
    timer = null
    const [at, instant] = [performance.now(), now()]
    atOnce = waiting.size > 0 ? Math.min(2 * atOnce, most) : together
    for (const [id, { dueAt, endsAt }] of watched) {
      if (at >= dueAt || instant >= endsAt) look(id)
    }
    if (watched.size > 0) wait()
  }

  function wait(): void {
    timer ??= setTimeout(turn, pause)
    // What is open keeps a process alive, not its being watched.
    timer.unref?.()
  }

  function begin(id: string): Watched {
    const each: Watched = {
      by: new Set(),
      since: performance.now(),
      isKnown: false,
      dueAt: 0,
      isMissed: false,
      endsAt: Infinity,
    }
    watched.set(id, each)
    each.stop = kept.watch?.(id, () => look(id))
    wait()
    return each
  }

  function leavingAt(until: AbortSignal): Set<() => void> {
    let all = leaving.get(until)
    if (all === undefined) {
      leaving.set(until, (all = new Set()))
      until.addEventListener('abort', () => leaving.get(until)!.forEach((leave) => leave()))
    }
    return all
  }

  return {
    /**
     * Aborts when a session has ended, or has another secret than these, with the reason.
     *
     * @param until ends the watching
     */
    watch({ identity, opening }: SessionState, ended: AbortController, until: AbortSignal | undefined): void {
      if (identity === null || until?.aborted) return
      // Of somebody who signs in with this request, what was opened is a guest's.
      const opened = opening.opened?.identity?.id === identity.id ? opening.opened : null
      const each = watched.get(identity.id) ?? begin(identity.id)
      const held = [opened?.identity ?? identity, identity].map(({ secret }) => sha256(secret))
      const all = until && leavingAt(until)
      const leave = () => {
        all?.delete(leave)
        each.by.delete(one)
        if (each.by.size === 0) drop(identity.id, each)
      }
      const one = { ended, held, leave }
      all?.add(leave)
      ended.signal.addEventListener('abort', leave)
      each.by.add(one)
      each.isKnown ||= opened?.confirmedAt != null
      // What ended since its request was opened, nobody will tell.
      look(identity.id)
    },

    /** Tells those who watch a session here that this process has ended it, whatever its store says. */
    end(id: string, reason: string): void {
      const each = watched.get(id)
      if (each !== undefined) over(id, each, reason)
    },

    /** Tells those who watch a session here that this process has renewed it. */
    renew(id: string, secretHash: string): void {
      for (const one of watched.get(id)?.by ?? []) judge(one, secretHash)
    },
  }
}
