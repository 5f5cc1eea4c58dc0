import { SojournError } from '../core/errors.ts'
import { absoluteExpiry, clampToNow, expiryReason, isCopyUsable } from '../core/lifetime.ts'
import type { SessionRecord } from '../stores/store.ts'
import { andThen, type MaybePromise } from '../util/maybe-promise.ts'
import { orElse } from '../util/store-answers.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { createCheckRecord, type CheckRecord, type Lookup } from './record-lookup.ts'
import { adoptionOf, keyOf, recordOf, type EndOutcome } from './record.ts'
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
    find(received, key, moment) {
      const own = clampToNow(received, moment.at)
      const token = pending.merge(own)
      const lookup: Lookup = { token, key, moment }
      listen()
      if (moment.at >= absoluteExpiry(token, lifetimes)) return resultOf(lookup, 'expired')
      const knownOutcome = known.outcomeOf(token)
      if (knownOutcome !== undefined) return knownResult(context, lookup, knownOutcome)
      const hasUsableCopy = isCopyUsable(own, lifetimes, moment.at)
      const found = readAndLearn(token, moment, hasUsableCopy ? store.readOrProbe : store.read)
      const result = andThen(found, (record) => checkFound(context, checkRecord, record, lookup))
      return orElse(result, (error) => {
        const cause = error instanceof SojournError ? error.cause : error
        // Another request, a notice or a late answer may have shown meanwhile that it is over.
        const outcome = known.lastOutcomeOf(token)
        if (outcome !== undefined) return resultOf(lookup, outcome, cause)
        // A guest whom no store has confirmed has nothing to revoke, so the cookie is enough.
        if (token.confirmedAt === null && token.userId === null) return guestResult(context, lookup)
        // One slow answer is no outage: the copy is used only if the store counts as down.
        if (!hasUsableCopy || !store.isDown()) return resultOf(lookup, 'unavailable', cause)
        return resultOf(lookup, expiryReason(token, lifetimes, moment.at) ?? 'unconfirmed', cause)
      })
    },
  }
}

/** Returns the result of a session whose end is known without the store's answer. */
async function knownResult(
  { store, idIsSecret }: StoreContext,
  lookup: Lookup,
  outcome: EndOutcome,
): Promise<LookupResult> {
  const { token, moment } = lookup
  // Another library may have written the record again. Read it, because the store then removes it.
  if (idIsSecret) await orElse(store.read(keyOf(token), moment), () => null)
  return resultOf(lookup, outcome)
}

function checkFound(
  context: StoreContext,
  checkRecord: CheckRecord,
  found: EndOutcome | SessionRecord | null,
  lookup: Lookup,
): MaybePromise<LookupResult> {
  const { token, moment } = lookup
  if (token.confirmedAt !== null || token.userId === null) {
    const result = checkRecord(found, lookup)
    return result instanceof Promise
      ? result.then((checked) => checked ?? missingResult(context, lookup))
      : (result ?? missingResult(context, lookup))
  }
  const expiry = found === null ? expiryReason(token, context.lifetimes, moment.at) : null
  return expiry === null ? adoptSession(context, checkRecord, found, lookup) : resultOf(lookup, expiry)
}

/** Creates the record of a session that began before the store was added, unless `revokeAll` ran after its sign-in. */
async function adoptSession(
  context: StoreContext,
  checkRecord: CheckRecord,
  found: EndOutcome | SessionRecord | null,
  lookup: Lookup,
): Promise<LookupResult> {
  const { store, known, readAndLearn, lifetimes, events } = context
  const { token, moment } = lookup
  const record = recordOf(token, token.version + 1, lifetimes)
  const { result } = found === null ? await store.create(record, adoptionOf(token), moment) : { result: 'taken' }
  if (result === 'cut-off') {
    known.add({ id: record.id, isGuest: false, ended: 'revoked' })
    return resultOf(lookup, 'revoked')
  }
  const isNew = result === 'created'
  const present = isNew ? record : (found ?? (await readAndLearn(token, moment)))
  const checked = await checkRecord(present, lookup)
  if (isNew && checked?.outcome === 'active')
    events.emitter()?.({ type: 'adopted', id: record.id, userId: token.userId })
  return checked ?? resultOf(lookup, 'ended')
}

const resultOf = ({ token }: Lookup, outcome: LookupResult['outcome'], cause?: unknown): LookupResult => ({
  outcome,
  token,
  isStale: false,
  cause,
})

/** The result of a session without a record. It has ended if a store has had it; otherwise it is a guest's in the cookie. */
const missingResult = (context: StoreContext, lookup: Lookup): LookupResult =>
  lookup.token.confirmedAt === null ? guestResult(context, lookup) : resultOf(lookup, 'ended')

/** The result for a guest without a record: the cookie alone keeps the session, and it can never have been signed out. */
const guestResult = ({ lifetimes }: StoreContext, { token, key, moment }: Lookup): LookupResult => ({
  outcome: expiryReason(token, lifetimes, moment.at) ?? 'active',
  token,
  isStale: key > 0,
})
