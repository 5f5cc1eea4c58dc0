import { SojournError } from '../core/errors.ts'
import { isTouchDue } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { endingOf, recordOf } from './record.ts'
import type { SaveResult, SessionRepository } from './repository.ts'
import type { StoreContext } from './store-context.ts'
import { createStoreWrites } from './store-writes.ts'

/** Saves sessions in the store. Each write is one of the store's five verbs, and conditional on what it finds. */
export function createStoreSave(context: StoreContext, copies: CookieCopies): Omit<SessionRepository, 'find'> {
  const { store, userCutoffs, endQueue, lifetimes, idIsSecret, sweepIfDue } = context
  const writes = createStoreWrites(context, copies)

  async function createRecord(token: Token, moment: LogicalTime): Promise<SaveResult> {
    const { id } = token.identity!
    try {
      if (!(await store.create(recordOf(token, 1, lifetimes)))) return 'rejected'
      if (token.userId === null || !(await userCutoffs.isCutOff(token.userId, id, moment))) return 'saved'
    } catch (error) {
      // Of a guest nobody has the cookie, and there may be many.
      if (token.userId !== null) endQueue.endLater(id, endingOf(token, 'revoked', moment.at, context))
      throw error
    }
    await endQueue.end(id, endingOf(token, 'revoked', moment.at, context), null)
    return 'rejected'
  }

  async function saveRecord(plan: CommitPlan, moment: LogicalTime): Promise<SaveResult> {
    const { type, openedToken, token } = plan
    if (type === 'began') return createRecord(token, moment)
    if (type === 'touched' && openedToken!.confirmedAt !== null && !isTouchDue(openedToken!, lifetimes, moment.at))
      return writes.refresh(plan, moment)
    if (openedToken!.confirmedAt !== null) return writes.update(plan, moment)
    // Two tabs of a guest who had nothing: the second adds to what the first began.
    return (await store.create(recordOf(token, 1, lifetimes))) ? 'saved' : writes.update(plan, moment)
  }

  const isStored = ({ openedToken, token }: CommitPlan): boolean =>
    idIsSecret ||
    token.userId !== null ||
    (openedToken !== null && (openedToken.confirmedAt !== null || openedToken.changed.length > 0)) ||
    Object.keys(token.data ?? {}).length > 0

  return {
    tokenFor(plan, { at }, saveResult) {
      const { type, openedToken, token, isTouched } = plan
      if (saveResult === 'deferred') return copies.withPendingChange(plan, at)
      if (!isStored(plan)) return { ...token, label: null, confirmedAt: null, version: 0 }
      const copy = copies.withCopy(plan, at, saveResult)
      if (copy !== null) return copy
      if (type === 'changed' && !isTouched && openedToken!.confirmedAt !== null) return null
      // Of no version: a server that has copies writes one at once.
      return { ...token, label: null, confirmedAt: at, version: 0, data: null, changed: [] }
    },

    async save(plan, moment) {
      if (!isStored(plan)) return 'saved'
      sweepIfDue(moment.at)
      const { type, openedToken, token } = plan
      // What could not be written when the request was opened is not tried again by the same request.
      const hasPendingChange = (openedToken?.changed.length ?? 0) > 0
      // A response that was on its way brings nothing back, whether the store answers or not.
      if (endQueue.reasonOf(token.identity!.id) !== undefined) return 'rejected'
      if (hasPendingChange && type !== 'renewed') return 'deferred'
      try {
        if (hasPendingChange)
          throw new SojournError('ERR_SESSION_UNAVAILABLE', 'The store does not take what was changed before.')
        return await saveRecord(plan, moment)
      } catch (error) {
        if (!(error instanceof SojournError) || error.code !== 'ERR_SESSION_UNAVAILABLE') throw error
        // That it is in use is written down by the next request.
        if (type === 'touched') return 'skipped'
        if (!copies.canDefer(plan)) throw error
        return endQueue.reasonOf(token.identity!.id) === undefined ? 'deferred' : 'rejected'
      }
    },

    end(token, reason, endedAt) {
      // A guest whose cookie says that no store has seen them: another tab may have begun what there is, or there is nothing. It
      // is not remembered as ended, since the forms of a page that was open are good for as long as there was nothing.
      if (token.userId === null && token.confirmedAt === null) {
        return store.end(token.identity!.id, endingOf(token, reason, endedAt, context)).then(
          () => true,
          () => false,
        )
      }
      const unseenRecord = token.confirmedAt === null ? recordOf(token, 1, lifetimes) : null
      return endQueue.end(token.identity!.id, endingOf(token, reason, endedAt, context), unseenRecord)
    },
  }
}
