import { createEnds } from './ends.ts'
import { SojournError } from './errors.ts'
import { guarded } from './guard.ts'
import { createNotes, type Moment, type Spared } from './notes.ts'
import type { Settings } from './options.ts'
import { storeKeeper } from './presence.ts'
import { createRevocation } from './revocation.ts'
import { Session, stateOf } from './session.ts'
import type { SessionStore } from './store.ts'
import { createSweeping } from './sweeping.ts'

/** Puts together what keeps sessions in a store. */
export function keepInStore(
  { lifetimes, codec, events, now, storeTimeout }: Settings,
  kept: SessionStore,
  nextMoment: () => Moment,
) {
  const store = guarded(kept, events, storeTimeout)
  const notes = createNotes(store, lifetimes.absoluteTimeout * 1000)
  const ends = createEnds(store, (id, reason) =>
    events.emit?.({ type: 'ended', reason, id, userId: null, confirmed: true }),
  )
  const presence = {
    store,
    notes,
    ends,
    lifetimes,
    codec,
    events,
    sweepIfDue: createSweeping(store, lifetimes),
    nextMoment,
    now,
  }
  const keeper = storeKeeper(presence)
  const { list, revoke, revokeAll } = createRevocation(presence)
  return {
    keeper,
    list: async (userId: string) => list(userId, now()),
    revoke: async (userId: string, id: string) => revoke(userId, id, now()),
    revokeAll: async (userId: string, moment: Moment, except: Session<any> | undefined) =>
      revokeAll(userId, moment, sparedOf(except, userId)),
  }
}

function sparedOf(session: Session<any> | undefined, userId: string): Spared | null {
  if (session == null) return null
  if (!(session instanceof Session))
    throw new SojournError('ERR_OPTIONS', 'revokeAll takes { except: session }, of a request that is under way.')
  const { identity, userId: whose, change, committed, opening } = stateOf(session)
  if (identity === null || whose !== userId) {
    throw new SojournError(
      'ERR_OPTIONS',
      'revokeAll spares a session of the user whose sessions it ends: except is of another.',
    )
  }
  return { id: identity.id, coming: change === 'entered' && !committed ? opening.moment : null }
}
