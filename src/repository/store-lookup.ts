import { SojournError } from '../core/errors.ts'
import { absoluteExpiry, clampToNow, expiryReason, isCopyUsable } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Token } from '../core/token.ts'
import { isEnding, type Ending, type SessionRecord } from '../stores/store.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { endingOf, matchesSecret, outcomeOf, recordOf, tokenOf, withLastSeen } from './record.ts'
import type { LookupResult, SessionRepository } from './repository.ts'
import type { StoreContext } from './store-context.ts'

/** Looks sessions up in the store: reads the record, checks it against the token, and adopts sessions that no store has seen. */
export function createStoreLookup(context: StoreContext, copies: CookieCopies): Pick<SessionRepository, 'find'> {
  const { store, userCutoffs, endQueue, lifetimes, events, idIsSecret } = context

  function toLookupResult(found: SessionRecord | Ending, token: Token, key: number, { at }: LogicalTime): LookupResult {
    if (isEnding(found)) return { outcome: outcomeOf(found.ended), token, isStale: false }
    if (!matchesSecret(found, token, idIsSecret)) return { outcome: 'ended', token, isStale: false }
    const confirmedAt = idIsSecret ? at : (token.confirmedAt ?? at)
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
      await endQueue.end(record.id, endingOf(token, 'revoked', moment.at, context), null)
      return refusedAs('revoked')
    }
    if (isNew) events.emit?.({ type: 'adopted', id: record.id, userId: token.userId })
    return result
  }

  return {
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
      if (reason !== undefined && idIsSecret) await store.read(token.identity!.id).catch(() => {})
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
  }
}
