import { noStoreError, SojournError } from '../core/errors.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Settings } from '../options.ts'
import { Session, stateOf } from '../session/session.ts'
import type { SessionStore } from '../stores/store.ts'
import { createCookieCopies } from './cookie-copy.ts'
import { createEndQueue } from './end-queue.ts'
import { outcomeOf } from './record.ts'
import type { SessionRepository } from './repository.ts'
import { resilientStore } from './resilient-store.ts'
import { createRevocation } from './revocation.ts'
import { createStoreLookup } from './store-lookup.ts'
import { createStoreSave } from './store-save.ts'
import { createSweep } from './sweep.ts'
import { createUserCutoffs, type ExceptSession } from './user-cutoffs.ts'
import { createSessionWatch } from './watch.ts'

/** Puts together what keeps sessions in a store. */
export function createStoreBackend(settings: Settings) {
  const { lifetimes, codec, events, capabilities, now, storeTimeout } = settings
  const rawStore = settings.store!
  const store = resilientStore(rawStore, events, storeTimeout)
  const userCutoffs = createUserCutoffs(store, lifetimes.absoluteTimeout * 1000)
  const endQueue = createEndQueue(
    store,
    (id, reason) => sessionWatch.end(id, outcomeOf(reason)),
    (id, reason) => events.emit?.({ type: 'ended', reason, id, userId: null, confirmed: true }),
  )
  const context = {
    store,
    userCutoffs,
    endQueue,
    lifetimes,
    codec,
    events,
    idIsSecret: capabilities.idIsSecret,
    sweepIfDue: createSweep(store, lifetimes),
    onRenew: (id: string, secretHash: string) => sessionWatch.renew(id, secretHash),
    now,
  }
  const copies = createCookieCopies(store, lifetimes, events)
  const repository: SessionRepository = { ...createStoreLookup(context, copies), ...createStoreSave(context, copies) }
  const sessionWatch = createSessionWatch(context, rawStore)
  const { list, revoke, revokeAll } = createRevocation(context, (id) => sessionWatch.end(id, 'revoked'))

  return {
    repository,
    watch: sessionWatch.watch,
    list: async (userId: string) => list(userId, now()),
    revoke: async (userId: string, id: string) => revoke(userId, id, now()),
    revokeAll: async (userId: string, moment: LogicalTime, except: Session<any> | undefined) =>
      revokeAll(userId, moment, exceptSessionOf(except, userId)),
    ...(capabilities.idIsSecret && rejectListMethods(rawStore)),
  }
}

/** Where ids are credentials there is no list of them: the store itself says why. */
function rejectListMethods(store: SessionStore) {
  const rejectListing = async (): Promise<never> => {
    await store.list('')
    throw noStoreError('listed or revoked')
  }
  return { list: rejectListing, revoke: rejectListing, revokeAll: rejectListing }
}

function exceptSessionOf(session: Session<any> | undefined, userId: string): ExceptSession | null {
  if (session == null) return null
  if (!(session instanceof Session))
    throw new SojournError('ERR_OPTIONS', 'revokeAll takes { except: session }, of a request that is under way.')
  const { identity, userId: ownerId, identityChange, committed, opening } = stateOf(session)
  if (identity === null || ownerId !== userId) {
    throw new SojournError(
      'ERR_OPTIONS',
      'revokeAll spares a session of the user whose sessions it ends: except is of another.',
    )
  }
  return { id: identity.id, signingInAt: identityChange === 'signed-in' && !committed ? opening.moment : null }
}
