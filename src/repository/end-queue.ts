import type { CreateOptions, Ending, SessionKey, SessionRecord } from '../stores/store.ts'
import { orElse } from '../util/store-answers.ts'
import type { KnownEnds } from './known-ends.ts'
import type { ResilientStore } from './resilient-store.ts'
import type { Waiting } from './store-calls.ts'
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
   * @param unseen the record of a session that the store may never have seen, and the conditions of its adoption. It is created first, so
   *   that there is a record to end. If `revokeAll` has cut it off, it is not created: this process could stop before it ends it.
   * @param request the request that waits for it
   */
  end(key: SessionKey, ending: Ending, unseen: Unseen | null, request?: Waiting): Promise<boolean>
  /** Ends a session in the background. For a session that an unanswered call may have created. */
  endLater(key: SessionKey, ending: Ending): void
  /** Repeats an `end` that a failover could undo. It may be of no session, so nothing is over for this process. */
  repeat(key: SessionKey, ending: Ending): void
}

/** A session that the store may never have seen. */
interface Unseen {
  readonly record: SessionRecord
  readonly conditions: CreateOptions
}

interface PendingCall extends Retry {
  readonly key: SessionKey
  /** Why the session ended. */
  readonly reason: Ending['ended']
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
  const onDone = (_name: string, { key, reason }: PendingCall) => onConfirmed(key.id, reason)
  const users = createRetryQueue(maxUserCalls, onDone)
  const guests = createRetryQueue(maxGuestCalls, onDone)

  function noteEnd({ id, userId }: SessionKey, { ended }: Ending): void {
    known.add({ id, isGuest: userId === null, ended })
    onEnd(id, ended)
  }

  function endCall(key: SessionKey, ending: Ending, unseen: Unseen | null = null): PendingCall {
    return {
      key,
      reason: ending.ended,
      async attempt(request) {
        if (unseen !== null)
          await orElse(store.create(unseen.record, unseen.conditions, request), ignoreMissingReplicas)
        // `'unconfirmed'` counts as failed, because a failover could bring the session back. Then it is ended again.
        return (await store.end(key, ending, request)) !== 'unconfirmed'
      },
    }
  }

  function addCall(call: PendingCall): void {
    const { id, userId } = call.key
    // Named by the user, too: a call with the id of another user's session must not replace the one of its own user.
    if (userId === null) guests.add(id, call)
    else users.add(`${id} ${userId}`, call)
  }

  return {
    async end(key, ending, unseen, request) {
      noteEnd(key, ending)
      const call = endCall(key, ending, unseen)
      const isEnded = await call.attempt(request).catch(() => false)
      if (!isEnded) addCall(call)
      return isEnded
    },
    endLater(key, ending) {
      noteEnd(key, ending)
      addCall(endCall(key, ending))
    },
    repeat: (key, ending) => addCall(endCall(key, ending)),
  }
}

/** Ignores that too few replicas have a record: it exists at the primary, so it can be ended. */
function ignoreMissingReplicas(error: unknown): void {
  if (!lacksReplicas(error)) throw error
}
