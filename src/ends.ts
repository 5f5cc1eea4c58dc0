import { createRecent } from './recent.ts'
import type { GuardedStore } from './guard.ts'
import type { Ending, SessionRecord } from './store.ts'

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
  /** Ends, without being waited for, what may have been created by a call that nobody answered. */
  undo(id: string, ending: Ending): void
}

const budget = 100_000
const pause = 1000
/** How many are asked for at once. */
const together = 50

export function createEnds(store: GuardedStore, ended: (id: string, reason: Ending['ended']) => void): Ends {
  const known = createRecent<Ending['ended']>(budget)
  const open = new Map<string, { readonly ending: Ending; readonly unseen: SessionRecord | null }>()
  let timer: ReturnType<typeof setTimeout> | null = null

  async function ask(id: string, ending: Ending, unseen: SessionRecord | null): Promise<void> {
    if (unseen !== null) await store.create(unseen)
    await store.end(id, ending)
  }

  function later(id: string, ending: Ending, unseen: SessionRecord | null): void {
    open.set(id, { ending, unseen })
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
      const answers = await Promise.allSettled(some.map(async ([id, { ending, unseen }]) => ask(id, ending, unseen)))
      for (const [index, [id, { ending, unseen }]] of some.entries()) {
        open.delete(id)
        if (answers[index]!.status === 'fulfilled') ended(id, ending.ended)
        // To the end of the line, so that one that fails for a reason of its own holds up no other.
        else open.set(id, { ending, unseen })
      }
      if (answers.every(({ status }) => status === 'rejected')) break
    }
    timer = open.size > 0 ? wait() : null
  }

  return {
    reason: (id) => known.get(id) ?? open.get(id)?.ending.ended,
    async end(id, ending, unseen) {
      known.set(id, ending.ended)
      try {
        await ask(id, ending, unseen)
        return true
      } catch {
        later(id, ending, unseen)
        return false
      }
    },
    undo(id, ending) {
      known.set(id, ending.ended)
      later(id, ending, null)
    },
  }
}
