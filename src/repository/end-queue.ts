import type { Ending, SessionRecord } from '../stores/store.ts'
import { createLruCache } from '../util/lru-cache.ts'
import { lacksReplicas, type ResilientStore } from './resilient-store.ts'

/** Ends sessions for good: what a store did not answer is remembered here, refused, and asked again until it answers. */
export interface EndQueue {
  /** Why this process ended a session, if it was asked to. */
  reasonOf(id: string): Ending['ended'] | undefined
  /**
   * Ends a session. `false` when it is not known yet whether the store did it.
   *
   * @param unseenRecord the record of a session that the store may never have seen, so that it has something to end
   */
  end(id: string, ending: Ending, unseenRecord: SessionRecord | null): Promise<boolean>
  /**
   * Ends, without being waited for: what may have been created by a call that nobody answered, or what a store has ended and
   * a failover could bring back.
   */
  endLater(id: string, ending: Ending): void
  /** Asks for something again and again, in place of what was asked for by the same name, until it resolves. */
  repeat(name: string, ask: () => Promise<unknown>): void
}

/** What is asked again until it resolves to `true`, and why that ends a session, if it does. */
interface PendingEnd {
  readonly reason: Ending['ended'] | undefined
  ask(): Promise<boolean>
}

const maxEntries = 100_000
const retryDelayMs = 1000
/** How many are asked for at once. */
const batchSize = 50

/**
 * @param onEnd is told of each session that is over from now on, whether the store answers or not
 * @param onConfirmed is told of each that the store had not ended at first
 */
export function createEndQueue(
  store: ResilientStore,
  onEnd: (id: string, reason: Ending['ended']) => void,
  onConfirmed: (id: string, reason: Ending['ended']) => void,
): EndQueue {
  const endedHere = createLruCache<Ending['ended']>(maxEntries)
  const pending = new Map<string, PendingEnd>()
  let timer: ReturnType<typeof setTimeout> | null = null

  function createEntry(id: string, ending: Ending, unseenRecord: SessionRecord | null): PendingEnd {
    endedHere.set(id, ending.ended)
    onEnd(id, ending.ended)
    return {
      reason: ending.ended,
      async ask() {
        if (unseenRecord !== null) await store.create(unseenRecord).catch(ignoreMissingReplicas)
        // What replicas may not have, a failover brings back: then it is ended there.
        return (await store.end(id, ending)) !== 'unconfirmed'
      },
    }
  }

  function enqueue(name: string, entry: PendingEnd): void {
    pending.set(name, entry)
    timer ??= scheduleRetry()
  }

  function scheduleRetry() {
    const timeout = setTimeout(retryPending, retryDelayMs)
    // A server that is to stop does not wait for its store.
    timeout.unref?.()
    return timeout
  }

  async function retryPending(): Promise<void> {
    const entries = [...pending]
    for (let at = 0; at < entries.length; at += batchSize) {
      const batch = entries.slice(at, at + batchSize)
      const answers = await Promise.all(batch.map(async ([, { ask }]) => ask().catch(() => null)))
      for (const [index, [name, each]] of batch.entries()) {
        // Another took its place meanwhile.
        if (pending.get(name) !== each) continue
        pending.delete(name)
        if (answers[index] !== true) {
          // To the end of the line, so that one that fails for a reason of its own holds up no other.
          pending.set(name, each)
        } else if (each.reason !== undefined) {
          onConfirmed(name, each.reason)
        }
      }
      if (answers.every((answer) => answer === null)) break
    }
    timer = pending.size > 0 ? scheduleRetry() : null
  }

  /** What was carried out at the primary is there to be ended. */
  function ignoreMissingReplicas(error: unknown): void {
    if (!lacksReplicas(error)) throw error
  }

  return {
    reasonOf: (id) => endedHere.get(id) ?? pending.get(id)?.reason,
    async end(id, ending, unseenRecord) {
      const entry = createEntry(id, ending, unseenRecord)
      const isEnded = await entry.ask().catch(() => false)
      if (!isEnded) enqueue(id, entry)
      return isEnded
    },
    endLater(id, ending) {
      enqueue(id, createEntry(id, ending, null))
    },
    repeat(name, action) {
      const ask = async (): Promise<boolean> => {
        await action()
        return true
      }
      enqueue(name, { reason: undefined, ask })
    },
  }
}
