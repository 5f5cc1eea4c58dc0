import type { Ending, SessionRecord } from '../stores/store.ts'
import type { KnownEnds } from './known-ends.ts'
import type { ResilientStore, Waiting } from './resilient-store.ts'
import { createRetryQueue, type Retry } from './retry-queue.ts'
import { lacksReplicas } from './store-errors.ts'

/**
 * Ends sessions for good. If the store does not answer, this process refuses the session, and repeats the end until the store
 * has answered.
 */
export interface EndQueue {
  /**
   * Ends a session. Resolves to `false` if it is not known yet whether the store has ended it.
   *
   * @param unseenRecord the record of a session that the store may never have seen. It is created first, so that there is a
   *   record to end.
   * @param request the request that waits for it
   */
  end(key: SessionKey, ending: Ending, unseenRecord: SessionRecord | null, request?: Waiting): Promise<boolean>
  /**
   * Ends a session in the background. For a session that an unanswered call may have created. Also for one that has ended at the
   * primary, if a failover could bring it back.
   */
  endLater(key: SessionKey, ending: Ending): void
  /** Repeats a call until it resolves. It replaces a call that was queued under the same name. */
  repeat(name: string, call: () => Promise<unknown>): void
}

type SessionKey = Pick<SessionRecord, 'id' | 'userId'>

interface PendingCall extends Retry {
  /** Why the session ended; `undefined` if the call ends no session. */
  readonly reason: Ending['ended'] | undefined
  attempt(request?: Waiting): Promise<boolean>
}

/** How many calls wait at most. Guests have their own queue, because one client can create many guests. */
const [maxUserCalls, maxGuestCalls] = [100_000, 10_000]

/**
 * @param onEnd is called when a session is over for this process, whether the store has answered or not
 * @param onConfirmed is called when the store has ended a session that it had not ended at first
 */
export function createEndQueue(
  store: ResilientStore,
  known: KnownEnds,
  onEnd: (id: string, reason: Ending['ended']) => void,
  onConfirmed: (id: string, reason: Ending['ended']) => void,
): EndQueue {
  const onDone = (name: string, { reason }: PendingCall) => {
    if (reason !== undefined) onConfirmed(name, reason)
  }
  const users = createRetryQueue(maxUserCalls, onDone)
  const guests = createRetryQueue(maxGuestCalls, onDone)

  /** Notes that a session is over, and returns the call that ends it in the store. */
  function startEnd({ id, userId }: SessionKey, ending: Ending, unseenRecord: SessionRecord | null): PendingCall {
    known.add({ id, isGuest: userId === null, ended: ending.ended })
    onEnd(id, ending.ended)
    return {
      reason: ending.ended,
      async attempt(request) {
        if (unseenRecord !== null) await store.create(unseenRecord, request).catch(ignoreMissingReplicas)
        // `'unconfirmed'` counts as failed, because a failover could bring the session back. Then it is ended again.
        return (await store.end(id, ending, request)) !== 'unconfirmed'
      },
    }
  }

  const queueOf = ({ userId }: SessionKey) => (userId === null ? guests : users)

  return {
    async end(key, ending, unseenRecord, request) {
      const call = startEnd(key, ending, unseenRecord)
      const isEnded = await call.attempt(request).catch(() => false)
      if (!isEnded) queueOf(key).add(key.id, call)
      return isEnded
    },
    endLater(key, ending) {
      queueOf(key).add(key.id, startEnd(key, ending, null))
    },
    repeat(name, call) {
      const attempt = async (): Promise<boolean> => {
        await call()
        return true
      }
      users.add(name, { reason: undefined, attempt })
    },
  }
}

/** Ignores that too few replicas have a record: it exists at the primary, so it can be ended. */
function ignoreMissingReplicas(error: unknown): void {
  if (!lacksReplicas(error)) throw error
}
