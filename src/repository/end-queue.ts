import { createRecent } from '../util/lru-cache.ts'
import { lacksReplicas, type GuardedStore } from './resilient-store.ts'
import type { Ending, SessionRecord } from '../stores/store.ts'

/** Ends sessions for good: what a store did not answer is remembered here, refused, and asked again until it answers. */
export interface Ends {
  /** Why this process ended a session, if it was asked to. */
  reason(id: string): Ending['ended'] | undefined
  /**
   * Ends a session. `false` when it is not known yet whether the store did it.
   *
   * @param unseen the record of a session that the store may never have seen, so that it has something to end
   */
  end(id: string, ending: Ending, unseen: SessionRecord | null): Promise<boolean>
  /**
   * Ends, without being waited for: what may have been created by a call that nobody answered, or what a store has ended and
   * a failover could bring back.
   */
  endLater(id: string, ending: Ending): void
  /** Asks for something again and again, in place of what was asked for by the same name, until it resolves. */
  repeat(name: string, ask: () => Promise<unknown>): void
}

/** What is asked again until it resolves to `true`, and why that ends a session, if it does. */
interface Open {
  readonly reason: Ending['ended'] | undefined
  ask(): Promise<boolean>
}

const budget = 100_000
const pause = 1000
/** How many are asked for at once. */
const together = 50

/**
 * @param begun is told of each session that is over from now on, whether the store answers or not
 * @param ended is told of each that the store had not ended at first
 */
export function createEnds(
  store: GuardedStore,
  begun: (id: string, reason: Ending['ended']) => void,
  ended: (id: string, reason: Ending['ended']) => void,
): Ends {
  const known = createRecent<Ending['ended']>(budget)
  const open = new Map<string, Open>()
  let timer: ReturnType<typeof setTimeout> | null = null

  function toEnd(id: string, ending: Ending, unseen: SessionRecord | null): Open {
    known.set(id, ending.ended)
    begun(id, ending.ended)
    return {
      reason: ending.ended,
      async ask() {
        if (unseen !== null) await store.create(unseen).catch(unlessReplicasLack)
        // What replicas may not have, a failover brings back: then it is ended there.
        return (await store.end(id, ending)) !== 'unconfirmed'
      },
    }
  }

  function later(name: string, waiting: Open): void {
    open.set(name, waiting)
    timer ??= wait()
  }

  function wait() {
    const waiting = setTimeout(askAgain, pause)
    // A server that is to stop does not wait for its store.
    waiting.unref?.()
    return waiting
  }

  async function askAgain(): Promise<void> {
    const waiting = [...open]
    for (let at = 0; at < waiting.length; at += together) {
      const some = waiting.slice(at, at + together)
      const answers = await Promise.all(some.map(async ([, { ask }]) => ask().catch(() => null)))
      for (const [index, [name, each]] of some.entries()) {
        // Another took its place meanwhile.
        if (open.get(name) !== each) continue
        open.delete(name)
        if (answers[index] !== true) {
          // To the end of the line, so that one that fails for a reason of its own holds up no other.
          open.set(name, each)
        } else if (each.reason !== undefined) {
          ended(name, each.reason)
        }
      }
      if (answers.every((answer) => answer === null)) break
    }
    timer = open.size > 0 ? wait() : null
  }

  /** What was carried out at the primary is there to be ended. */
  function unlessReplicasLack(error: unknown): void {
    if (!lacksReplicas(error)) throw error
  }

  return {
    reason: (id) => known.get(id) ?? open.get(id)?.reason,
    async end(id, ending, unseen) {
      const ends = toEnd(id, ending, unseen)
      const isEnded = await ends.ask().catch(() => false)
      if (!isEnded) later(id, ends)
      return isEnded
    },
    endLater(id, ending) {
      later(id, toEnd(id, ending, null))
    },
    repeat(name, again) {
      const ask = async (): Promise<boolean> => {
        await again()
        return true
      }
      later(name, { reason: undefined, ask })
    },
  }
}
