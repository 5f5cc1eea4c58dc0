import { clampToNow, expiryReason } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Token } from '../core/token.ts'
import type { SessionRecord } from '../stores/store.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import type { CookieCopies } from './cookie-copy.ts'
import { tokenOf, withLastSeen, type EndOutcome } from './record.ts'
import type { LookupResult } from './repository.ts'
import type { StoreContext } from './store-context.ts'
import { tooManyConflictsError } from './store-errors.ts'
import { maxConflicts, type WriteBack } from './write-back.ts'

/** The token of one cookie that is being looked up. */
export interface Lookup {
  readonly token: Token
  /** Which secret opened it: 0 is the one that seals. */
  readonly key: number
  readonly moment: LogicalTime
}

/** Checks what was found at the id of a token. Resolves to `null` if that is nothing. */
export type CheckRecord = (
  found: EndOutcome | SessionRecord | null,
  lookup: Lookup,
) => MaybePromise<LookupResult | null>

export function createCheckRecord(context: StoreContext, copies: CookieCopies, writeBack: WriteBack): CheckRecord {
  const { known, pending, readAndLearn, lifetimes, idIsSecret } = context

  function toLookupResult(found: SessionRecord, { token, key, moment: { at } }: Lookup): LookupResult {
    const confirmedAt = idIsSecret ? at : (token.confirmedAt ?? at)
    const present = clampToNow(tokenOf(withLastSeen(found, lifetimes, at), token.identity!, confirmedAt), at)
    // A use in the future comes from a clock that is ahead. It would lengthen the session's life, so it is written again.
    const isAhead = found.lastSeenAt > at
    return {
      outcome: expiryReason(present, lifetimes, at) ?? 'active',
      token: present,
      isStale: key > 0 || token.confirmedAt === null || isAhead || copies.isOutdated(token, found, at),
    }
  }

  function checkRecord(
    found: EndOutcome | SessionRecord | null,
    lookup: Lookup,
    conflicts = 0,
  ): MaybePromise<LookupResult | null> {
    const { token } = lookup
    if (found === null) return null
    if (typeof found === 'string') return { outcome: found, token, isStale: false }
    writeBack.dropOutdated(token, found)
    return token.changed.length === 0 ? toLookupResult(found, lookup) : writeChangesBack(found, lookup, conflicts)
  }

  /** Writes the pending changes of the cookie's copy back, and checks the record that results. */
  async function writeChangesBack(
    found: SessionRecord,
    lookup: Lookup,
    conflicts: number,
  ): Promise<LookupResult | null> {
    const { token, moment } = lookup
    // This process has written a newer version since the read. Read only once more, because a failover may have lost that version.
    if (conflicts === 0 && pending.isStale({ ...token, version: found.version }))
      return checkRecord(await readAndLearn(token, moment), lookup, 1)
    const writtenBack = await writeBack.write(token, found, moment)
    if (writtenBack === 'expired') return toLookupResult(found, lookup)
    if (writtenBack === 'conflict') {
      if (conflicts + 1 >= maxConflicts) throw tooManyConflictsError()
      return checkRecord(await readAndLearn(token, moment), lookup, conflicts + 1)
    }
    // The session may have ended while the changes were written.
    const outcome = known.outcomeOf(token)
    if (outcome !== undefined) return { outcome, token, isStale: false }
    const result = toLookupResult(writtenBack.record, lookup)
    return {
      ...result,
      token: { ...result.token!, changed: writtenBack.changed },
      isStale: true,
    }
  }

  return (found, lookup) => checkRecord(found, lookup)
}
