import { createStoreWrites } from './store-writes.ts'
import { createCookieCopies } from './cookie-copy.ts'
import { SojournError } from '../core/errors.ts'
import type { LookupResult } from './repository.ts'
import type { Token } from '../core/token.ts'
import type { SessionRepository } from './repository.ts'
import type { SaveResult } from './repository.ts'
import { absoluteExpiry, isTouchDue, isCopyUsable, expiryReason, clampToNow } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { matchesSecret, recordOf, tokenOf, withLastSeen } from './record.ts'
import type { CommitPlan } from '../session/state.ts'
import { isEnding, type Ending, type SessionRecord } from '../stores/store.ts'
import type { StoreContext } from './store-context.ts'

/** The keeper of sessions in a store: composed of its five verbs, each step of which is conditional on what it finds. */
export function storeRepository(context: StoreContext): SessionRepository {
  const { store, userCutoffs, endQueue, lifetimes, events, secretIds, sweepIfDue, tick } = context
  const copies = createCookieCopies(store, lifetimes, events)
  const writes = createStoreWrites(context, copies)

  function toLookupResult(found: SessionRecord | Ending, token: Token, key: number, { at }: LogicalTime): LookupResult {
    if (isEnding(found)) return { outcome: outcomeOf(found.ended), token, isStale: false }
    if (!matchesSecret(found, token, secretIds)) return { outcome: 'ended', token, isStale: false }
    const confirmedAt = secretIds ? at : (token.confirmedAt ?? at)
    const present = clampToNow(tokenOf(withLastSeen(found, lifetimes, at), token.identity!, confirmedAt), at)
    return {
      outcome: expiryReason(present, lifetimes, at) ?? 'active',
      token: present,
      // Also where a clock that was ahead wrote it: it would live for longer.
      isStale: key > 0 || token.confirmedAt === null || found.lastSeenAt > at || copies.isOutdated(token, found, at),
    }
  }

  /** What the store has of a session, with what was changed while it could not be asked brought in. */
  async function mergeCookieChanges(
    found: SessionRecord | Ending | null,
    token: Token,
    key: number,
    moment: LogicalTime,
  ): Promise<LookupResult | null> {
    if (found === null || isEnding(found) || token.changed.length === 0 || !matchesSecret(found, token))
      return found && toLookupResult(found, token, key, moment)
    const writtenBack = await copies.writeBack(token, found, moment.at)
    if (writtenBack === 'conflict') return mergeCookieChanges(await store.read(found.id), token, key, moment)
    const result = toLookupResult(writtenBack.record, token, key, moment)
    return {
      ...result,
      token: { ...result.token!, changed: writtenBack.changed, tried: writtenBack.attemptDigest },
      isStale: true,
    }
  }

  /**
   * Takes in a session from before there was a store, unless its user's were all ended since. That is looked up as long as
   * its cookie is of then, since who took it in may have got no further.
   */
  async function adoptSession(
    token: Token,
    key: number,
    moment: LogicalTime,
    found: SessionRecord | Ending | null,
  ): Promise<LookupResult> {
    const record = recordOf(token, token.version + 1, lifetimes)
    const isNew = found === null && (await store.create(record))
    const present = isNew ? record : (found ?? (await store.read(record.id)))
    const refusedAs = (outcome: 'ended' | 'revoked'): LookupResult => ({ outcome, token, isStale: false })
    if (present === null) return refusedAs('ended')
    const result = (await mergeCookieChanges(present, token, key, moment)) ?? refusedAs('ended')
    if (result.outcome !== 'active') return result
    if (
      await userCutoffs.isCutOff(token.userId!, record.id, { at: token.signedInAt ?? token.writtenAt ?? 0, count: 0 })
    ) {
      await endQueue.end(record.id, endingOf(token, 'revoked', moment.at), null)
      return refusedAs('revoked')
    }
    if (isNew) events.emit?.({ type: 'adopted', id: record.id, userId: token.userId })
    return result
  }

  const endingOf = (token: Token, ended: Ending['ended'], now: number): Ending => ({
    ended,
    endedAt: now,
    // Where nothing else ends a session, what another writer brings back of it lives for an idle timeout.
    expiresAt: Math.min(
      absoluteExpiry(token, lifetimes),
      secretIds ? Math.floor(now + 2 * lifetimes.idleTimeout * 1000) : Infinity,
    ),
  })

  async function createRecord(token: Token, moment: LogicalTime): Promise<SaveResult> {
    const { id } = token.identity!
    try {
      if (!(await store.create(recordOf(token, 1, lifetimes)))) return 'rejected'
      if (token.userId === null || !(await userCutoffs.isCutOff(token.userId, id, moment))) return 'saved'
    } catch (error) {
      // Of a guest nobody has the cookie, and there may be many.
      if (token.userId !== null) endQueue.endLater(id, endingOf(token, 'revoked', moment.at))
      throw error
    }
    await endQueue.end(id, endingOf(token, 'revoked', moment.at), null)
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
    secretIds ||
    token.userId !== null ||
    (openedToken !== null && (openedToken.confirmedAt !== null || openedToken.changed.length > 0)) ||
    Object.keys(token.data ?? {}).length > 0

  return {
    readClock: tick,

    async find(received, key, moment) {
      const token = clampToNow(received, moment.at)
      const resultOf = (outcome: LookupResult['outcome'], cause?: unknown): LookupResult => ({
        outcome,
        token,
        isStale: false,
        cause,
      })
      if (moment.at >= absoluteExpiry(token, lifetimes)) return resultOf('expired')
      const reason = endQueue.reasonOf(token.identity!.id)
      // Another writer may have brought its record back, which the store removes when it comes upon it.
      if (reason !== undefined && secretIds) await store.read(token.identity!.id).catch(() => {})
      if (reason !== undefined) return resultOf(outcomeOf(reason))
      const isNew = token.confirmedAt === null
      // A guest who has nothing is kept by the cookie alone, and can have been signed out of nothing.
      const guestResult: LookupResult = {
        outcome: expiryReason(token, lifetimes, moment.at) ?? 'active',
        token,
        isStale: key > 0,
      }
      const hasUsableCopy = isCopyUsable(token, lifetimes, moment.at)
      try {
        const { id } = token.identity!
        const found = hasUsableCopy ? await store.readWithRetry(id) : await store.read(id)
        if (found === null && !isNew) return resultOf('ended')
        if (token.userId === null)
          return (
            (await mergeCookieChanges(found, token, key, moment)) ?? {
              ...guestResult,
              token: { ...token, changed: [] },
            }
          )
        if (!isNew) return (await mergeCookieChanges(found, token, key, moment)) ?? resultOf('ended')
        const expiry = found === null && expiryReason(token, lifetimes, moment.at)
        return expiry ? resultOf(expiry) : await adoptSession(token, key, moment, found)
      } catch (error) {
        if (isNew && token.userId === null) return guestResult
        const cause = error instanceof SojournError ? error.cause : error
        if (!hasUsableCopy || !store.isDown) return resultOf('unavailable', cause)
        return resultOf(expiryReason(token, lifetimes, moment.at) ?? 'unconfirmed', cause)
      }
    },

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
        return store.end(token.identity!.id, endingOf(token, reason, endedAt)).then(
          () => true,
          () => false,
        )
      }
      const unseenRecord = token.confirmedAt === null ? recordOf(token, 1, lifetimes) : null
      return endQueue.end(token.identity!.id, endingOf(token, reason, endedAt), unseenRecord)
    },
  }
}

/** Why a session does not open, by why it ended. */
export const outcomeOf = (reason: Ending['ended']) => (reason === 'revoked' ? 'revoked' : 'ended')
