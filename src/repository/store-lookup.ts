import { SojournError } from '../core/errors.ts'
import { absoluteExpiry, clampToNow, expiryReason, isCopyUsable } from '../core/lifetime.ts'
import type { SessionRecord } from '../stores/store.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { createCheckRecord, type CheckRecord, type Lookup } from './record-lookup.ts'
import { endingOf, recordOf, type EndOutcome } from './record.ts'
import type { LookupResult, SessionRepository } from './repository.ts'
import type { StoreContext } from './store-context.ts'
import type { WriteBack } from './write-back.ts'

/**
 * Looks sessions up in the store. Checks in this order: the absolute timeout in the token, what this process has learned, the
 * store, and the idle timeout in the record.
 */
export function createStoreLookup(
  context: StoreContext,
  copies: CookieCopies,
  writeBack: WriteBack,
): Pick<SessionRepository, 'find'> {
  const { store, known, readAndLearn, pending, lifetimes, listen } = context
  const checkRecord = createCheckRecord(context, copies, writeBack)

  return {
    async find(received, key, moment) {
      const own = clampToNow(received, moment.at)
      const token = pending.merge(own)
      const lookup: Lookup = { token, key, moment }
      listen()
      const knownEnd = await findKnownEnd(context, lookup)
      if (knownEnd !== null) return knownEnd
      const hasUsableCopy = isCopyUsable(own, lifetimes, moment.at)
      try {
        const found = await readAndLearn(token, moment, hasUsableCopy ? store.readOrProbe : store.read)
        return await checkFound(context, checkRecord, found, lookup)
      } catch (error) {
        const cause = error instanceof SojournError ? error.cause : error
        // Another request, a notice or a late answer may have shown meanwhile that it is over.
        const outcome = known.lastOutcomeOf(token)
        if (outcome !== undefined) return resultOf(lookup, outcome, cause)
        // A guest whom no store has confirmed has nothing to revoke, so the cookie is enough.
        if (token.confirmedAt === null && token.userId === null) return guestResult(context, lookup)
        // One slow answer is no outage: the copy is used only if the store counts as down.
        if (!hasUsableCopy || !store.isDown) return resultOf(lookup, 'unavailable', cause)
        return resultOf(lookup, expiryReason(token, lifetimes, moment.at) ?? 'unconfirmed', cause)
      }
    },
  }
}

/** Returns the result of a session whose end is known without the store's answer; otherwise `null`. */
async function findKnownEnd(
  { store, known, lifetimes, idIsSecret }: StoreContext,
  lookup: Lookup,
): Promise<LookupResult | null> {
  const { token, moment } = lookup
  if (moment.at >= absoluteExpiry(token, lifetimes)) return resultOf(lookup, 'expired')
  const outcome = known.outcomeOf(token)
  if (outcome === undefined) return null
  // Another library may have written the record again. Read it, because the store then removes it.
  if (idIsSecret) await store.read(token.identity!.id, moment).catch(() => {})
  return resultOf(lookup, outcome)
}

async function checkFound(
  context: StoreContext,
  checkRecord: CheckRecord,
  found: EndOutcome | SessionRecord | null,
  lookup: Lookup,
): Promise<LookupResult> {
  const { token, moment } = lookup
  // A store has had this session, so if it has no record of it now, it ended.
  if (token.confirmedAt !== null) return (await checkRecord(found, lookup)) ?? resultOf(lookup, 'ended')
  if (token.userId === null) return (await checkRecord(found, lookup)) ?? guestResult(context, lookup)
  const expiry = found === null ? expiryReason(token, context.lifetimes, moment.at) : null
  return expiry === null ? adoptSession(context, checkRecord, found, lookup) : resultOf(lookup, expiry)
}

/**
 * Creates the record of a session that began before the store was added, unless `revokeAll` ran after its sign-in. Each request
 * checks the cutoff until the cookie is rewritten, because an earlier request may have failed between creating the record and
 * checking the cutoff.
 */
async function adoptSession(
  context: StoreContext,
  checkRecord: CheckRecord,
  found: EndOutcome | SessionRecord | null,
  lookup: Lookup,
): Promise<LookupResult> {
  const { store, readAndLearn, userCutoffs, endQueue, lifetimes, events } = context
  const { token, moment } = lookup
  const record = recordOf(token, token.version + 1, lifetimes)
  const isNew = found === null && (await store.create(record, moment))
  const present = isNew ? record : (found ?? (await readAndLearn(token, moment)))
  const result = await checkRecord(present, lookup)
  if (result === null) return resultOf(lookup, 'ended')
  if (result.outcome !== 'active') return result
  const signedIn = { at: token.signedInAt ?? token.writtenAt ?? 0, count: 0 }
  if (await userCutoffs.isCutOff(token.userId!, record.id, signedIn, moment)) {
    await endQueue.end(record, endingOf(token, 'revoked', moment.at, context), null, moment)
    return resultOf(lookup, 'revoked')
  }
  if (isNew) events.emit?.({ type: 'adopted', id: record.id, userId: token.userId })
  return result
}

const resultOf = ({ token }: Lookup, outcome: LookupResult['outcome'], cause?: unknown): LookupResult => ({
  outcome,
  token,
  isStale: false,
  cause,
})

/** The result for a guest without a record: the cookie alone keeps the session, and it can never have been signed out. */
const guestResult = ({ lifetimes }: StoreContext, { token, key, moment }: Lookup): LookupResult => ({
  outcome: expiryReason(token, lifetimes, moment.at) ?? 'active',
  token,
  isStale: key > 0,
})
