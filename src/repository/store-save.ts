import { SojournError } from '../core/errors.ts'
import { isTouchDue } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import type { SessionKey } from '../stores/store.ts'
import { andThen, type MaybePromise } from '../util/maybe-promise.ts'
import { orElse } from '../util/store-answers.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { adoptionOf, endingOf, keyOf, recordOf } from './record.ts'
import type { SaveResult, SessionRepository } from './repository.ts'
import { failureOf } from './store-errors.ts'
import type { StoreContext } from './store-context.ts'
import { createStoreWrites, isUse } from './store-writes.ts'
import type { WriteBack } from './write-back.ts'

/**
 * Saves and ends sessions in the store. Each write is one call of the store, and conditional on the record that it finds.
 *
 * One closure, because `save`, `tokenFor` and `end` decide by the same rules which session has a record.
 */
export function createStoreSave(
  context: StoreContext,
  copies: CookieCopies,
  writeBack: WriteBack,
): Omit<SessionRepository, 'find'> {
  const { store, endQueue, known, pending, lifetimes, sweepIfDue, listen } = context
  const writes = createStoreWrites(context, copies)
  /** Requests whose changes were not saved. Their responses are errors, and must not change a cookie. */
  const failedRequests = new WeakSet<LogicalTime>()

  function saveRecord(plan: CommitPlan, moment: LogicalTime): MaybePromise<SaveResult> {
    const { type, continuedToken, token } = plan
    if (type === 'began') return createRecord(context, token, moment)
    const merged = pending.merge(continuedToken!)
    if (merged.changed.length === 0) return saveContinued(plan, moment)
    // The store did not take them when the request was opened. Write them first, because this request changed their values.
    if (type === 'touched' && continuedToken!.confirmedAt !== null) return 'skipped'
    return writeBack.writeNow(merged, moment).then((isLive) => (isLive ? saveContinued(plan, moment) : 'rejected'))
  }

  function saveContinued(plan: CommitPlan, moment: LogicalTime): MaybePromise<SaveResult> {
    const { type, continuedToken, token } = plan
    // A guest's session without a record. If another tab created it first, add to that one.
    if (continuedToken!.confirmedAt === null) {
      return andThen(store.create(recordOf(token, 1, lifetimes), undefined, moment), ({ result }) =>
        result === 'created' ? 'saved' : writes.update(plan, moment),
      )
    }
    const isWrite = type !== 'touched' || (isUse(plan, moment) && isTouchDue(continuedToken!, lifetimes, moment.at))
    return isWrite ? writes.update(plan, moment) : writes.refresh(plan, moment)
  }

  /** Returns the result of a save that failed, or throws the error. */
  async function resultOfFailure(error: unknown, plan: CommitPlan, moment: LogicalTime): Promise<SaveResult> {
    if (!isUnavailable(error)) throw error
    // Only the last use is lost. The next request records its own.
    if (plan.type === 'touched') return 'skipped'
    failedRequests.add(moment)
    if (!copies.canDefer(plan)) throw error
    // While the store is up, changes must not travel in the cookie: another tab's cookie would replace them.
    if (!(await store.confirmDown(error as object, moment))) {
      const { change, token, continuedToken } = plan
      if (change === null) throw error
      const changed = [...Object.keys(change.set), ...change.unset].map((key) => [key, moment.at] as const)
      pending.attempted(token, change.set, changed, continuedToken?.data ?? {})
      throw error
    }
    return known.lastOutcomeOf(plan.continuedToken ?? plan.token) === undefined ? 'deferred' : 'rejected'
  }

  return {
    tokenFor(plan, { at }, saveResult) {
      const { type, continuedToken, token, isTouched } = plan
      if (saveResult === 'deferred') return copies.withPendingChange(plan, at)
      if (!hasRecord(context, plan)) return { ...token, label: null, confirmedAt: null, version: 0 }
      const copy = copies.withCopy(plan, at, saveResult)
      if (copy !== null) return copy
      // Without a copy, the cookie is only the identity. A change of the data does not change it.
      if (type === 'changed' && !isTouched && continuedToken!.confirmedAt !== null) return null
      // Version 0 is no version of a record, so a server with `unconfirmedFor` adds a copy at once.
      return { ...token, label: null, confirmedAt: at, version: 0, data: null, changed: [] }
    },

    save(plan, moment) {
      if (!hasRecord(context, plan)) return 'saved'
      sweepIfDue(moment.at)
      listen()
      // The session has ended or was renewed meanwhile. Do not bring it back, whether the store answers or not.
      if (known.outcomeOf(plan.continuedToken ?? plan.token) !== undefined) return 'rejected'
      if (plan.type === 'touched' && failedRequests.has(moment)) return 'skipped'
      return orElse(saveRecord(plan, moment), (error) => resultOfFailure(error, plan, moment))
    },

    keepDeferred: pending.keep,

    end(token, reason, moment) {
      const key = keyOf(token)
      const ending = endingOf(token, reason, moment.at, context)
      // A guest whose cookie says that no store has the session. Another tab may have created it, so end it, but do not remember
      // the id as ended. Otherwise the forms of pages that are still open would stop working.
      if (token.userId === null && token.confirmedAt === null) {
        const answer = andThen(store.end(key, ending, moment), () => true)
        return orElse(answer, () => false)
      }
      const unseen =
        token.confirmedAt === null ? { record: recordOf(token, 1, lifetimes), conditions: adoptionOf(token) } : null
      return endQueue.end(key, ending, unseen, moment)
    },
  }
}

/** Creates the record of a new session, unless `revokeAll` ran after its request was opened. */
function createRecord(context: StoreContext, token: Token, moment: LogicalTime): MaybePromise<SaveResult> {
  const { store, endQueue, known, lifetimes, limitAt } = context
  const { userId } = token
  const record = recordOf(token, 1, lifetimes)
  const conditions = userId === null ? undefined : { openedAt: moment.monotonic, limit: limitAt(moment.at) }
  const saved = andThen(store.create(record, conditions, moment), ({ result, ended }): MaybePromise<SaveResult> => {
    if (result === 'full') return Promise.reject(sessionLimitError())
    for (const id of ended) reportLimitEnd(context, { id, userId })
    // It may have been ended again before the answer came.
    return result === 'created' && known.outcomeOf(token) === undefined ? 'saved' : 'rejected'
  })
  return orElse(saved, (error) => {
    // The store may have created the record. End it, except a guest's: no browser got its cookie, and there may be many.
    if (userId !== null && isUnavailable(error) && failureOf(error).wasAsked)
      endQueue.endLater(record, endingOf(token, 'revoked', moment.at, context))
    throw error
  })
}

function reportLimitEnd({ known, onEnd, events }: StoreContext, { id, userId }: SessionKey): void {
  known.add({ id, isGuest: false, ended: 'limit' })
  onEnd(id, 'limit')
  events.emitter()?.({ type: 'ended', reason: 'limit', id, userId, confirmed: true })
}

const sessionLimitError = (): SojournError =>
  new SojournError(
    'ERR_SESSION_LIMIT',
    'This user is signed in on as many devices as maxSessions allows. Let the user sign out on another device first.',
  )

/** Returns whether a session has a record, or gets one with this plan. A guest's session without data has none. */
const hasRecord = ({ idIsSecret }: StoreContext, { continuedToken, token }: CommitPlan): boolean =>
  idIsSecret ||
  token.userId !== null ||
  (continuedToken !== null && (continuedToken.confirmedAt !== null || continuedToken.changed.length > 0)) ||
  Object.keys(token.data ?? {}).length > 0

const isUnavailable = (error: unknown): boolean =>
  error instanceof SojournError && error.code === 'ERR_SESSION_UNAVAILABLE'
