import { createEnds } from './ends.ts'
import { noStore, SojournError } from './errors.ts'
import { guarded } from './guard.ts'
import { endIfUnused, outlived } from './lifetime.ts'
import { createNotes, type Moment, type Spared } from './notes.ts'
import type { Settings } from './options.ts'
import { storeKeeper, wordFor } from './presence.ts'
import { withLastUse } from './record.ts'
import { createRevocation } from './revocation.ts'
import { Session, stateOf } from './session.ts'
import type { SessionState } from './state.ts'
import { isEnding, type SessionStore } from './store.ts'
import { createSweeping } from './sweeping.ts'
import { createWatching, type Standing } from './watching.ts'

/** How many renewals one who watches is followed through. */
const mostLinks = 10

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
    nextMoment,
    now,
  }
  const keeper = storeKeeper(presence)
  const { list, revoke, revokeAll } = createRevocation(presence, (id) => watching.end(id, 'revoked'))

  async function standing(id: string, links = mostLinks): Promise<Standing> {
    const reason = ends.reason(id)
    if (reason !== undefined) return wordFor(reason)
    try {
      const found = await store.read(id)
      if (found === null) return 'unknown'
      if (isEnding(found))
        return found.movedTo === undefined || links === 0
          ? wordFor(found.ended)
          : await standing(found.movedTo, links - 1)
      const present = withLastUse(found, lifetimes, now())
      return outlived(present, lifetimes, now()) ?? endIfUnused(present, lifetimes, present.lastSeenAt)
    } catch {
      // It was told of, and ends nothing.
      return null
    }
  }

  const watching = createWatching(kept.watch?.bind(kept), (id) => standing(id), now)
  return {
    keeper,
    watch({ identity, opening }: SessionState, ended: AbortController, until: AbortSignal | undefined): void {
      // Of somebody who signs in with this request, what was opened is a guest's.
      const opened = opening.opened?.identity?.id === identity?.id ? opening.opened : null
      if (identity !== null) watching.watch(identity.id, opened?.confirmedAt != null, ended, until)
    },
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
