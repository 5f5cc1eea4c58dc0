import type { Codec } from './codec.ts'
import type { Ends } from './ends.ts'
import { SojournError } from './errors.ts'
import type { Events } from './events.ts'
import type { Found } from './found.ts'
import type { Token } from './format.ts'
import type { GuardedStore } from './guard.ts'
import { sha256 } from './hash.ts'
import type { Keeper, Verdict } from './keeper.ts'
import { absoluteEnd, endIfUnused, outlived, pastTimes, type Lifetimes } from './lifetime.ts'
import type { Moment, Notes } from './notes.ts'
import { isHeldBy, recordOf, tokenOf } from './record.ts'
import type { Step } from './state.ts'
import { isEnding, type Ending, type RecordChange, type SessionRecord } from './store.ts'
import { putText, textOf } from './texts.ts'
import { createTurns } from './turns.ts'

/** What sessions are kept with in a store. */
export interface Presence {
  readonly store: GuardedStore
  readonly notes: Notes
  readonly ends: Ends
  readonly lifetimes: Lifetimes
  readonly codec: Codec
  readonly events: Events
  /** Sweeps the store now and then; nobody waits for it. */
  readonly sweepIfDue: (now: number) => void
  readonly nextMoment: () => Moment
  readonly now: () => number
}

/** How often a value is changed anew, where others change it all the time, before the request fails. */
const tries = 1000

/** The keeper of sessions in a store: composed of its five verbs, each step of which is conditional on what it finds. */
export function storeKeeper({
  store,
  notes,
  ends,
  lifetimes,
  codec,
  events,
  sweepIfDue,
  nextMoment,
  now,
}: Presence): Keeper {
  const inTurn = createTurns()

  function judge(found: SessionRecord | Ending, token: Token, key: number, { at }: Moment): Found {
    if (isEnding(found)) return { outcome: wordFor(found.ended), token, isStale: false }
    if (!isHeldBy(found, token)) return { outcome: 'ended', token, isStale: false }
    const present = pastTimes(tokenOf(found, token.identity!, token.confirmedAt ?? at), at)
    return {
      outcome: outlived(present, lifetimes, at) ?? 'active',
      token: present,
      // Also where a clock that was ahead wrote it: it would live for longer.
      isStale: key > 0 || token.confirmedAt === null || found.lastSeenAt > at,
    }
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
    const judged = judge(present, token, key, moment)
    if (judged.outcome !== 'active') return judged
    if (await notes.hasEnded(token.userId!, record.id, { at: token.signedInAt ?? 0, count: 0 })) {
      await ends.end(record.id, endingOf(token, 'revoked', moment.at), null)
      return refused('revoked')
    }
    if (isNew) events.emit?.({ type: 'adopted', id: record.id, userId: token.userId })
    return judged
  }

  const endingOf = (token: Token, ended: Ending['ended'], now: number): Ending => ({
    ended,
    endedAt: now,
    expiresAt: absoluteEnd(token, lifetimes),
  })

  async function enter(token: Token, moment: Moment): Promise<Verdict> {
    const { id } = token.identity!
    try {
      if (!(await store.create(recordOf(token, 1, lifetimes)))) return 'refused'
      if (token.userId === null || !(await notes.hasEnded(token.userId, id, moment))) return 'kept'
    } catch (error) {
      // Of a guest nobody has the cookie, and there may be many.
      if (token.userId !== null) ends.undo(id, endingOf(token, 'revoked', moment.at))
      throw error
    }
    await ends.end(id, endingOf(token, 'revoked', moment.at), null)
    return 'refused'
  }

  /** The change of a record that a step makes. */
  function changeOf({ type, token, change }: Step, lastSeenAt: number): RecordChange {
    const { identity, signedInAt, remember, label } = token
    return {
      set: change?.set ?? {},
      unset: change?.unset ?? [],
      lastSeenAt,
      expiresAt: endIfUnused(token, lifetimes, lastSeenAt),
      ...(type === 'renewed' && {
        secretHash: sha256(identity!.secret),
        signedInAt: signedInAt ?? undefined,
        remember,
        label,
      }),
    }
  }

  /** When the session was last used: now, since a request that took its time is use as long as it lasts; or by others, meanwhile. */
  async function lastUse({ token }: Step, { at }: Moment): Promise<number> {
    if (token.lastSeenAt === at) return Math.max(at, now())
    const found = await store.read(token.identity!.id)
    return found === null || isEnding(found) ? token.lastSeenAt : Math.max(token.lastSeenAt, found.lastSeenAt)
  }

  async function update(step: Step, moment: Moment): Promise<Verdict> {
    const opened = step.opened!
    const held = { secretHash: sha256(opened.identity!.secret) }
    const { id } = opened.identity!
    const change = changeOf(step, await lastUse(step, moment))
    const unset = new Set(change.unset)
    const updates = [...step.updates].filter(
      ([key, { text }]) => (textOf(change.set, key) ?? (unset.has(key) ? '' : null)) === text,
    )
    if (updates.length === 0) return (await store.update(id, held, change)) === null ? 'refused' : 'kept'

    // One after another in this process, so that each is tried once; of several processes, the slower tries again.
    return inTurn(id, async () => {
      let { version } = opened
      const set = { ...change.set }
      for (let tried = 0; tried < tries; tried++) {
        if ((await store.update(id, { ...held, version }, { ...change, set, unset: [...unset] })) !== null)
          return 'kept'
        const found = await store.read(id)
        if (found === null || isEnding(found) || found.secretHash !== held.secretHash) return 'refused'
        version = found.version
        for (const [key, { changes }] of updates) {
          const text = textOf(found.data, key)
          const value = changes.reduce(
            (before, each) => each(before),
            text === undefined ? undefined : codec.parse(text),
          )
          Reflect.deleteProperty(set, key)
          unset.delete(key)
          if (value === undefined) unset.add(key)
          else putText(set, key, codec.stringify(value, key))
        }
      }
      throw new SojournError('ERR_SESSION_UNAVAILABLE', `Too many requests change session ${id} at once.`)
    })
  }

  const isStored = ({ opened, token }: Step): boolean =>
    token.userId !== null ||
    (opened !== null && opened.confirmedAt !== null) ||
    Object.keys(token.data ?? {}).length > 0

  return {
    moment: nextMoment,

    async find(came, key, moment) {
      const token = pastTimes(came, moment.at)
      const refused = (outcome: Found['outcome'], cause?: unknown): Found => ({ outcome, token, isStale: false, cause })
      if (moment.at >= absoluteEnd(token, lifetimes)) return refused('expired')
      const reason = ends.reason(token.identity!.id)
      if (reason !== undefined) return refused(wordFor(reason))
      const isNew = token.confirmedAt === null
      // A guest who has nothing is kept by the cookie alone, and can have been signed out of nothing.
      const guest: Found = { outcome: outlived(token, lifetimes, moment.at) ?? 'active', token, isStale: key > 0 }
      try {
        const found = await store.read(token.identity!.id)
        if (found === null && !isNew) return refused('ended')
        if (token.userId === null) return found === null ? guest : judge(found, token, key, moment)
        if (!isNew) return judge(found!, token, key, moment)
        const late = found === null && outlived(token, lifetimes, moment.at)
        return late ? refused(late) : await adopt(token, key, moment, found)
      } catch (error) {
        return isNew && token.userId === null
          ? guest
          : refused('unavailable', error instanceof SojournError ? error.cause : error)
      }
    },

    sealed(step, { at }) {
      const { type, opened, token, isTouched } = step
      if (!isStored(step)) return { ...token, label: null, confirmedAt: null, version: 0 }
      if (type === 'changed' && !isTouched && opened!.confirmedAt !== null) return null
      return { ...token, label: null, confirmedAt: at, data: null }
    },

    async keep(step, moment) {
      const { type, opened, token } = step
      if (!isStored(step)) return 'kept'
      sweepIfDue(moment.at)
      if (type === 'began') return enter(token, moment)
      if (opened!.confirmedAt !== null) return update(step, moment)
      // Two tabs of a guest who had nothing: the second adds to what the first began.
      return (await store.create(recordOf(token, 1, lifetimes))) ? 'kept' : update(step, moment)
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

const wordFor = (reason: Ending['ended']) => (reason === 'revoked' ? 'revoked' : 'ended')
