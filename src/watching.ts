import type { Outcome } from './outcome.ts'
import type { SessionStore } from './store.ts'

/** How often sessions are looked after, in milliseconds; and asked for, where the store tells nothing by itself. */
const often = 750
/** How often what a store tells is asked for all the same: a record may be gone without an end. */
const seldom = 15_000
/** How many are asked for at once, so that requests find the store at leisure. */
const together = 20

interface Watched {
  readonly tells: Set<(outcome: Outcome) => void>
  /** Whether a store has had it: what is about to begin is not there yet. */
  isKnown: boolean
  /** When it was last asked for, by `performance.now()`. */
  askedAt: number
  /** Until when it is good, by the clock of the sessions, if it is not used meanwhile. */
  endsAt: number
  stop: () => void
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
  let timer: ReturnType<typeof setTimeout> | null = null

  function look(id: string): void {
    waiting.add(id)
    for (const next of waiting) {
      if (asking === together) return
      waiting.delete(next)
      const each = watched.get(next)
      if (each !== undefined) void lookNow(next, each)
    }
  }

  async function lookNow(id: string, each: Watched): Promise<void> {
    asking++
    each.askedAt = performance.now()
    const found = await ask(id)
    asking--
    note(id, each, found)
    const [next] = waiting
    if (next !== undefined) look(next)
  }

  function note(id: string, each: Watched, found: Standing): void {
    // In the next turn.
    if (found === null) each.askedAt = -Infinity
    else if (typeof found === 'number') Object.assign(each, { isKnown: true, endsAt: found })
    else if (found !== 'unknown' || each.isKnown) over(id, each, found === 'unknown' ? 'ended' : found)
  }

  function over(id: string, each: Watched, outcome: Outcome): void {
    if (watched.get(id) !== each) return
    drop(id, each)
    for (const tell of each.tells) tell(outcome)
  }

  function drop(id: string, each: Watched): void {
    if (watched.get(id) !== each) return
    watched.delete(id)
    each.stop()
  }

  function turn(): void {
    timer = null
    const [at, instant] = [performance.now(), now()]
    for (const [id, { askedAt, endsAt }] of watched) {
      if (watch === undefined || at - askedAt >= seldom || instant >= endsAt) look(id)
    }
    if (watched.size > 0) wait()
  }

  function wait(): void {
    timer ??= setTimeout(turn, often)
    // What is open keeps a process alive, not its being watched.
    timer.unref?.()
  }

  function begin(id: string): Watched {
    const each: Watched = { tells: new Set(), isKnown: false, askedAt: -Infinity, endsAt: Infinity, stop: () => {} }
    watched.set(id, each)
    each.stop = watch?.(id, () => look(id)) ?? each.stop
    wait()
    return each
  }

  /**
   * Aborts when a session has ended, with the outcome as the reason.
   *
   * @param isKnown whether a store has confirmed it
   * @param until ends the watching
   */
  return (id: string, isKnown: boolean, ended: AbortController, until: AbortSignal | undefined): void => {
    if (until?.aborted) return
    const each = watched.get(id) ?? begin(id)
    each.isKnown ||= isKnown
    const tell = (outcome: Outcome): void => ended.abort(outcome)
    each.tells.add(tell)
    const leave = () => {
      each.tells.delete(tell)
      if (each.tells.size === 0) drop(id, each)
    }
    until?.addEventListener('abort', leave, { once: true, signal: ended.signal })
    // What ended since its request was opened, nobody will tell.
    look(id)
  }
}
