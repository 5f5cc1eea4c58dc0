import { noStoreError, SojournError } from '../core/errors.ts'
import type { Settings } from '../options.ts'
import { Session, stateOf } from '../session/session.ts'
import type { SessionStore, SparedSession } from '../stores/store.ts'
import { andThen } from '../util/maybe-promise.ts'
import { createCookieCopies } from './cookie-copy.ts'
import { createEndQueue } from './end-queue.ts'
import { createKnownEnds, type KnownEnds } from './known-ends.ts'
import { createNoticeListener } from './notice-listener.ts'
import { keyOf, outcomeOf } from './record.ts'
import type { SessionRepository } from './repository.ts'
import { createPendingChanges } from './pending-changes.ts'
import { resilientStore } from './resilient-store.ts'
import { createRevocation } from './revocation.ts'
import type { StoreContext } from './store-context.ts'
import { createStoreLookup } from './store-lookup.ts'
import { createStoreSave } from './store-save.ts'
import { createSweep } from './sweep.ts'
import { createWatchRegistry } from './watch-registry.ts'
import { createSessionWatch } from './watch.ts'
import { createWriteBack } from './write-back.ts'

/** Creates the repository of sessions in a store, and the methods that manage them: `watch`, `list`, `revoke`, `revokeAll`. */
export function createStoreBackend(settings: Settings) {
  const { lifetimes, codec, capabilities, now } = settings
  const rawStore = settings.store!
  const watchRegistry = createWatchRegistry()
  const known = createKnownEnds(capabilities.idIsSecret)
  const listener = createNoticeListener(rawStore, settings, (notice) => {
    if (notice !== null) known.hear(notice)
    watchRegistry.notify(notice)
  })
  const context = createContext(settings, rawStore, known, {
    onEnd: (id, reason) => watchRegistry.end(id, outcomeOf(reason)),
    onRenew: (id, secretHash) => watchRegistry.renew(id, secretHash),
    listen: lifetimes.unconfirmedFor > 0 ? listener.start : () => {},
  })
  const writeBack = createWriteBack(context)
  const copies = createCookieCopies(lifetimes, codec, context.pending)
  const repository: SessionRepository = {
    ...createStoreLookup(context, copies, writeBack),
    ...createStoreSave(context, copies, writeBack),
  }
  const { list, revoke, revokeAll } = createRevocation(context, (id) => watchRegistry.end(id, 'revoked'))

  return {
    repository,
    watch: createSessionWatch(context, watchRegistry, listener),
    list: async (userId: string) => list(userId, now()),
    revoke: async (userId: string, id: string) => revoke(userId, id, now()),
    revokeAll: async (userId: string, except: Session<any> | undefined) =>
      revokeAll(userId, exceptSessionOf(except, userId), now()),
    /** For drop-ins, whose sessions are not ours. */
    revokeOthers: async (userId: string, except: SparedSession) => revokeAll(userId, except, now()),
    ...(capabilities.idIsSecret && rejectListMethods(rawStore)),
  }
}

function createContext(
  { lifetimes, codec, events, capabilities, now, storeTimeout, maxSessions, onLimit }: Settings,
  rawStore: SessionStore,
  known: KnownEnds,
  calls: Pick<StoreContext, 'onEnd' | 'onRenew' | 'listen'>,
): StoreContext {
  const store = resilientStore(rawStore, events, storeTimeout)
  return {
    store,
    known,
    readAndLearn(token, moment, read = store.read) {
      const learn = known.startRead(token)
      return andThen(read(keyOf(token), moment, learn), learn)
    },
    endQueue: createEndQueue(store, known, calls.onEnd, (id, reason) =>
      events.emitter()?.({ type: 'ended', reason, id, userId: null, confirmed: true }),
    ),
    lifetimes,
    codec,
    events,
    idIsSecret: capabilities.idIsSecret,
    sweepIfDue: createSweep(store, lifetimes),
    pending: createPendingChanges(lifetimes.unconfirmedFor > 0),
    limitAt(at) {
      if (maxSessions === Infinity) return undefined
      const ending = {
        ended: 'limit',
        endedAt: at,
        expiresAt: Math.ceil(at + lifetimes.absoluteTimeout * 1000),
      } as const
      return { max: maxSessions, ending: onLimit === 'refuse' ? null : ending }
    },
    ...calls,
    now,
  }
}

/** If ids are credentials, sessions cannot be listed. The store's own error says why. */
function rejectListMethods(store: SessionStore) {
  const rejectListing = async (): Promise<never> => {
    await store.list('')
    throw noStoreError('listed or revoked')
  }
  return { list: rejectListing, revoke: rejectListing, revokeAll: rejectListing }
}

function exceptSessionOf(session: Session<any> | undefined, userId: string): SparedSession | null {
  if (session == null) return null
  if (!(session instanceof Session))
    throw new SojournError('ERR_OPTIONS', 'revokeAll takes { except: session }, the session of the current request.')
  const { identity, userId: ownerId, identityChange, committed, opening } = stateOf(session)
  if (identity === null || ownerId !== userId) {
    throw new SojournError(
      'ERR_OPTIONS',
      'revokeAll spares only a session of the user whose sessions it ends. The session in except is not.',
    )
  }
  const isBeginning = identityChange === 'signed-in' && !committed
  return { id: identity.id, openedAt: isBeginning ? opening.moment.monotonic : undefined }
}
