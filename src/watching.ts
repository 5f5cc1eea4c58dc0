import type { Outcome } from './outcome.ts'
import type { SessionStore } from './store.ts'

/** How often sessions are looked after, in milliseconds. */
const pause = 250
/** After how long one is asked for again, in the next turn, where the store tells nothing by itself: in three turns. */
const often = 2.2 * pause
/** How often what a store tells is asked for all the same: a record may be gone without an end. */
const seldom = 15_000
/** How many are asked for at once, so that requests find the store at leisure; and where these are too few for so many sessions. */
const [together, most] = [20, 160]

interface Watched {
  readonly open: Set<AbortController>
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

/** How a session is: why it is over; or until when it is good, in epoch milliseconds. */
export type Standing =
  | 'ended'
  | 'revoked'
  | 'idle'
  | 'expired'
  /** A store has nothing of it. */
  | 'unknown'
  /** It cannot be told now. */
  | null
  | number

/**
 * Watches sessions for their end: as the store tells it, and by asking it. Each session is asked for once, however much of
 * it is open.
 *
 * @param ask how a session is now; does not reject
 */
export function createWatching(
  watch: SessionStore['watch'] | undefined,
  ask: (id: string) => Promise<Standing>,
  now: () => number,
) {
  const watched = new Map<string, Watched>()
  const waiting = new Set<string>()
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
    // Not all in one turn, for which what is told would have to wait.
    each.dueAt = performance.now() + (watch === undefined ? often : seldom * (1 - Math.random() / 3))
    const found = await ask(id)
    asking--
    note(id, each, found)
    const [next] = waiting
    if (next !== undefined) look(next)
  }

  function note(id: string, each: Watched, found: Standing): void {
    // In the next turn; and of a store that is down, by and by.
    if (found === null) each.dueAt = each.isMissed ? performance.now() + often : -Infinity
    else if (typeof found === 'number') Object.assign(each, { isKnown: true, endsAt: found })
    else if (found !== 'unknown' || each.isKnown) over(id, each, found === 'unknown' ? 'ended' : found)
    each.isMissed = found === null
  }

  function over(id: string, each: Watched, outcome: Outcome): void {
    if (drop(id, each)) for (const ended of each.open) ended.abort(outcome)
  }

  function drop(id: string, each: Watched): boolean {
    if (watched.get(id) !== each) return false
    waiting.delete(id)
    each.stop?.()
    return watched.delete(id)
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
    const each: Watched = { open: new Set(), isKnown: false, dueAt: 0, isMissed: false, endsAt: Infinity }
    watched.set(id, each)
    each.stop = watch?.(id, () => look(id))
    wait()
    return each
  }

  return {
    /**
     * Aborts when a session has ended, with the outcome as the reason.
     *
     * @param isKnown whether a store has confirmed it
     * @param until ends the watching
     */
    watch(id: string, isKnown: boolean, ended: AbortController, until: AbortSignal | undefined): void {
      if (until?.aborted) return
      const each = watched.get(id) ?? begin(id)
      each.isKnown ||= isKnown
      each.open.add(ended)
      const leave = () => {
        each.open.delete(ended)
        if (each.open.size === 0) drop(id, each)
      }
      until?.addEventListener('abort', leave, { once: true, signal: ended.signal })
      // What ended since its request was opened, nobody will tell.
      look(id)
    },

    /** Tells those who watch a session here that this process has ended it, whatever its store says. */
    end(id: string, outcome: Outcome): void {
      const each = watched.get(id)
      if (each !== undefined) over(id, each, outcome)
    },
  }
}
