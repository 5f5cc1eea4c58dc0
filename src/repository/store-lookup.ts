import { createChanges } from './store-writes.ts'
import { createCopies } from './cookie-copy.ts'
import { SojournError } from '../core/errors.ts'
import type { Found } from './repository.ts'
import type { Token } from '../core/token.ts'
import type { Keeper } from './repository.ts'
import type { Verdict } from './repository.ts'
import { absoluteEnd, isTouchDue, isTrusted, outlived, pastTimes } from '../core/lifetime.ts'
import type { Moment } from '../core/logical-time.ts'
import { isHeldBy, recordOf, tokenOf, withLastUse } from './record.ts'
import type { Step } from '../session/state.ts'
import { isEnding, type Ending, type SessionRecord } from '../stores/store.ts'
import type { Presence } from './store-context.ts'

/** The keeper of sessions in a store: composed of its five verbs, each step of which is conditional on what it finds. */
export function storeKeeper(presence: Presence): Keeper {
  const { store, notes, ends, lifetimes, events, secretIds, sweepIfDue, nextMoment } = presence
  const copies = createCopies(store, lifetimes, events)
  const changes = createChanges(presence, copies)

  function judge(found: SessionRecord | Ending, token: Token, key: number, { at }: Moment): Found {
    if (isEnding(found)) return { outcome: wordFor(found.ended), token, isStale: false }
    if (!isHeldBy(found, token, secretIds)) return { outcome: 'ended', token, isStale: false }
    const confirmedAt = secretIds ? at : (token.confirmedAt ?? at)
    const present = pastTimes(tokenOf(withLastUse(found, lifetimes, at), token.identity!, confirmedAt), at)
    return {
      outcome: outlived(present, lifetimes, at) ?? 'active',
      token: present,
      // Also where a clock that was ahead wrote it: it would live for longer.
      isStale: key > 0 || token.confirmedAt === null || found.lastSeenAt > at || copies.isOld(token, found, at),
    }
  }

  /** What the store has of a session, with what was changed while it could not be asked brought in. */
  async function settled(
    found: SessionRecord | Ending | null,
    token: Token,
    key: number,
    moment: Moment,
  ): Promise<Found | null> {
    if (found === null || isEnding(found) || token.changed.length === 0 || !isHeldBy(found, token))
      return found && judge(found, token, key, moment)
    const brought = await copies.bringIn(token, found, moment.at)
    if (brought === 'missed') return settled(await store.read(found.id), token, key, moment)
    const judged = judge(brought.record, token, key, moment)
    return { ...judged, token: { ...judged.token!, changed: brought.changed, tried: brought.tried }, isStale: true }
  }

  /**
   * Takes in a session from before there was a store, unless its user's were all ended since. That is looked up as long as
   * its cookie is of then, since who took it in may have got no further.
   */
  async function adopt(
    token: Token,
    key: number,
    moment: Moment,
    found: SessionRecord | Ending | null,
  ): Promise<Found> {
    const record = recordOf(token, token.version + 1, lifetimes)
    const isNew = found === null && (await store.create(record))
    const present = isNew ? record : (found ?? (await store.read(record.id)))
    const refused = (outcome: 'ended' | 'revoked'): Found => ({ outcome, token, isStale: false })
    if (present === null) return refused('ended')
    const judged = (await settled(present, token, key, moment)) ?? refused('ended')
    if (judged.outcome !== 'active') return judged
    if (await notes.hasEnded(token.userId!, record.id, { at: token.signedInAt ?? token.writtenAt ?? 0, count: 0 })) {
      await ends.end(record.id, endingOf(token, 'revoked', moment.at), null)
      return refused('revoked')
    }
    if (isNew) events.emit?.({ type: 'adopted', id: record.id, userId: token.userId })
    return judged
  }

  const endingOf = (token: Token, ended: Ending['ended'], now: number): Ending => ({
    ended,
    endedAt: now,
    // Where nothing else ends a session, what another writer brings back of it lives for an idle timeout.
    expiresAt: Math.min(
      absoluteEnd(token, lifetimes),
      secretIds ? Math.floor(now + 2 * lifetimes.idleTimeout * 1000) : Infinity,
    ),
  })

  async function enter(token: Token, moment: Moment): Promise<Verdict> {
    const { id } = token.identity!
    try {
      if (!(await store.create(recordOf(token, 1, lifetimes)))) return 'refused'
      if (token.userId === null || !(await notes.hasEnded(token.userId, id, moment))) return 'kept'
    } catch (error) {
      // Of a guest nobody has the cookie, and there may be many.
      if (token.userId !== null) ends.endLater(id, endingOf(token, 'revoked', moment.at))
      throw error
    }
    await ends.end(id, endingOf(token, 'revoked', moment.at), null)
    return 'refused'
  }

  async function write(step: Step, moment: Moment): Promise<Verdict> {
    const { type, opened, token } = step
    if (type === 'began') return enter(token, moment)
    if (type === 'touched' && opened!.confirmedAt !== null && !isTouchDue(opened!, lifetimes, moment.at))
      return changes.refresh(step, moment)
    if (opened!.confirmedAt !== null) return changes.update(step, moment)
    // Two tabs of a guest who had nothing: the second adds to what the first began.
    return (await store.create(recordOf(token, 1, lifetimes))) ? 'kept' : changes.update(step, moment)
  }

  const isStored = ({ opened, token }: Step): boolean =>
    secretIds ||
    token.userId !== null ||
    (opened !== null && (opened.confirmedAt !== null || opened.changed.length > 0)) ||
    Object.keys(token.data ?? {}).length > 0

  return {
    moment: nextMoment,

    async find(came, key, moment) {
      const token = pastTimes(came, moment.at)
      const give = (outcome: Found['outcome'], cause?: unknown): Found => ({ outcome, token, isStale: false, cause })
      if (moment.at >= absoluteEnd(token, lifetimes)) return give('expired')
      const reason = ends.reason(token.identity!.id)
      // Another writer may have brought its record back, which the store removes when it comes upon it.
      if (reason !== undefined && secretIds) await store.read(token.identity!.id).catch(() => {})
      if (reason !== undefined) return give(wordFor(reason))
      const isNew = token.confirmedAt === null
      // A guest who has nothing is kept by the cookie alone, and can have been signed out of nothing.
      const guest: Found = { outcome: outlived(token, lifetimes, moment.at) ?? 'active', token, isStale: key > 0 }
      const isTrusty = isTrusted(token, lifetimes, moment.at)
      try {
        const { id } = token.identity!
        const found = isTrusty ? await store.readPatiently(id) : await store.read(id)
        if (found === null && !isNew) return give('ended')
        if (token.userId === null)
          return (await settled(found, token, key, moment)) ?? { ...guest, token: { ...token, changed: [] } }
        if (!isNew) return (await settled(found, token, key, moment)) ?? give('ended')
        const late = found === null && outlived(token, lifetimes, moment.at)
        return late ? give(late) : await adopt(token, key, moment, found)
      } catch (error) {
        if (isNew && token.userId === null) return guest
        const cause = error instanceof SojournError ? error.cause : error
        if (!isTrusty || !store.isDown) return give('unavailable', cause)
        return give(outlived(token, lifetimes, moment.at) ?? 'unconfirmed', cause)
      }
    },

    sealed(step, { at }, verdict) {
      const { type, opened, token, isTouched } = step
      if (verdict === 'carried') return copies.carrying(step, at)
      if (!isStored(step)) return { ...token, label: null, confirmedAt: null, version: 0 }
      const copy = copies.of(step, at, verdict)
      if (copy !== null) return copy
      if (type === 'changed' && !isTouched && opened!.confirmedAt !== null) return null
      // Of no version: a server that has copies writes one at once.
      return { ...token, label: null, confirmedAt: at, version: 0, data: null, changed: [] }
    },

    async keep(step, moment) {
      if (!isStored(step)) return 'kept'
      sweepIfDue(moment.at)
      const { type, opened, token } = step
      // What could not be written when the request was opened is not tried again by the same request.
      const isWaiting = (opened?.changed.length ?? 0) > 0
      // A response that was on its way brings nothing back, whether the store answers or not.
      if (ends.reason(token.identity!.id) !== undefined) return 'refused'
      if (isWaiting && type !== 'renewed') return 'carried'
      try {
        if (isWaiting)
          throw new SojournError('ERR_SESSION_UNAVAILABLE', 'The store does not take what was changed before.')
        return await write(step, moment)
      } catch (error) {
        if (!(error instanceof SojournError) || error.code !== 'ERR_SESSION_UNAVAILABLE') throw error
        // That it is in use is written down by the next request.
        if (type === 'touched') return 'needless'
        if (!copies.canCarry(step)) throw error
        return ends.reason(token.identity!.id) === undefined ? 'carried' : 'refused'
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
      const unseen = token.confirmedAt === null ? recordOf(token, 1, lifetimes) : null
      return ends.end(token.identity!.id, endingOf(token, reason, endedAt), unseen)
    },
  }
}

/** Why a session does not open, by why it ended. */
export const wordFor = (reason: Ending['ended']) => (reason === 'revoked' ? 'revoked' : 'ended')
