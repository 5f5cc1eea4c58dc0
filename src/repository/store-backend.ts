import { createEnds } from './end-queue.ts'
import { noStore, SojournError } from '../core/errors.ts'
import { guarded } from './resilient-store.ts'
import { createNotes, type Spared } from './user-cutoffs.ts'
import { type Moment } from '../core/logical-time.ts'
import type { Settings } from '../options.ts'
import { storeKeeper, wordFor } from './store-lookup.ts'
import { createRevocation } from './revocation.ts'
import { Session, stateOf } from '../session/session.ts'
import type { SessionStore } from '../stores/store.ts'
import { createSweeping } from './sweep.ts'
import { createWatching } from './watch.ts'

/** Puts together what keeps sessions in a store. */
export function keepInStore(
  { lifetimes, codec, events, format, now, storeTimeout }: Settings,
  kept: SessionStore,
  nextMoment: () => Moment,
) {
  const store = guarded(kept, events, storeTimeout)
  const notes = createNotes(store, lifetimes.absoluteTimeout * 1000)
  const ends = createEnds(
    store,
    (id, reason) => watching.end(id, wordFor(reason)),
    (id, reason) => events.emit?.({ type: 'ended', reason, id, userId: null, confirmed: true }),
  )
  const presence = {
    store,
    notes,
    ends,
    lifetimes,
    codec,
    events,
    secretIds: format.secretIds === true,
    sweepIfDue: createSweeping(store, lifetimes),
    renewed: (id: string, secretHash: string) => watching.renew(id, secretHash),
    nextMoment,
    now,
  }
  const keeper = storeKeeper(presence)
  const watching = createWatching(presence, kept)
  const { list, revoke, revokeAll } = createRevocation(presence, (id) => watching.end(id, 'revoked'))

  return {
    keeper,
    watch: watching.watch,
    list: async (userId: string) => list(userId, now()),
    revoke: async (userId: string, id: string) => revoke(userId, id, now()),
    revokeAll: async (userId: string, moment: Moment, except: Session<any> | undefined) =>
      revokeAll(userId, moment, sparedOf(except, userId)),
    ...(format.secretIds && unlisted(kept)),
  }
}

/** Where ids are credentials there is no list of them: the store itself says why. */
function unlisted(store: SessionStore) {
  const refused = async (): Promise<never> => {
    await store.list('')
    throw noStore('listed or revoked')
  }
  return { list: refused, revoke: refused, revokeAll: refused }
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
