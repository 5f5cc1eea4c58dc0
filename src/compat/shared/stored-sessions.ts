import type { LogicalTime } from '../../core/logical-time.ts'
import { isTouchDue } from '../../core/lifetime.ts'
import { emptyToken, idsOf, type Identity, type Token } from '../../core/token.ts'
import type { Texts } from '../../core/texts.ts'
import type { SaveResult } from '../../repository/repository.ts'
import { createStoreBackend } from '../../repository/store-backend.ts'
import { storeUnavailableError } from '../../repository/store-errors.ts'
import type { SessionInfo } from '../../stores/store.ts'
import { andThen, type MaybePromise } from '../../util/maybe-promise.ts'
import { createReadFormer } from './former-store.ts'
import { createAdoption } from './session-adoption.ts'
import { createSessionEnds, type TokensOfId } from './session-ends.ts'
import { createIdentitiesOf } from './session-ids.ts'
import { changeOf, idTakenError, planOf, signInRefusedError } from './session-plans.ts'
import { createSessionOwners, type Owner } from './session-owners.ts'
import { readStoredSettings, type StoredSessionsOptions } from './session-settings.ts'
import { lifeInTexts, textsOf, withCookieText } from './session-texts.ts'
import { userIdOf } from './user-of.ts'

/** The sessions of a store by the ids in their cookies. */
export type StoredSessions = ReturnType<typeof createStoredSessions>

/**
 * Keeps sessions whose cookie is only an id in a store of Sojourn's. The store gets hashes of the id. Each write is conditional: an
 * ended session stays ended, and only changed keys are written.
 *
 * One closure, because all functions find the record of an id by the same rules.
 */
export function createStoredSessions(options: StoredSessionsOptions) {
  const { library, userOf, from, ttl, store } = options
  const settings = readStoredSettings(options)
  const { events, tick, lifetimes } = settings
  const { repository, list, revoke, revokeAll, revokeOthers } = createStoreBackend(settings)
  const storeName = store.name ?? 'The session store'
  const owners = createSessionOwners(repository)
  const readFormer = from === undefined ? null : createReadFormer(from, settings.storeTimeout)
  const identities = createIdentitiesOf(library)

  const tokenOf = (identity: Identity, userId: string | null, { at }: LogicalTime): Token => {
    return { ...emptyToken, identity, userId, createdAt: at, lastSeenAt: at, confirmedAt: at }
  }
  const lifeMsOf = (texts: Texts, lastSeenAt: number): number => lifeInTexts(texts, lastSeenAt) ?? ttl * 1000
  const emit = (type: 'began' | 'changed' | 'touched' | 'adopted', token: Token): void =>
    events.emitter()?.({ type, ...idsOf(token) })

  function lookUp(identity: Identity, userId: string | null, moment: LogicalTime): MaybePromise<Token | null> {
    const found = repository.find(tokenOf(identity, userId, moment), 0, moment)
    return andThen(found, ({ outcome, token, cause }) => {
      if (outcome === 'unavailable') return Promise.reject(storeUnavailableError(cause, storeName))
      return outcome === 'active' ? token : null
    })
  }

  /** Calls back with the owner of an id, or else with the record of a guest's session, if there is one. */
  function withOwner<Result>(
    guest: Identity,
    moment: LogicalTime,
    work: (owner: Owner | null, record: Token | null) => MaybePromise<Result>,
  ): MaybePromise<Result> {
    const known = owners.known(guest.id)
    if (known !== undefined) return work(known, null)
    return andThen(lookUp(guest, null, moment), (record) => work(record && owners.read(record), record))
  }

  /** Returns the token of a session, `null` if it has expired, or `undefined` if the store has none of this id. */
  function findOwn(id: string, moment: LogicalTime): MaybePromise<Token | null | undefined> {
    const { guest, user } = identities(id)
    return withOwner(guest, moment, (owner, record) =>
      andThen(owner === null ? record : lookUp(user, owner.userId, moment), (token) => {
        if (token === null) return owner === null ? undefined : null
        return token.lastSeenAt + lifeMsOf(token.data!, token.lastSeenAt) > moment.at ? token : null
      }),
    )
  }

  const begin = (token: Token, moment: LogicalTime): MaybePromise<SaveResult> =>
    repository.save(planOf('began', null, { ...token, confirmedAt: null }, null), moment)

  const adopt =
    readFormer &&
    createAdoption({ readFormer, repository, owners, userOf, storeName, tick, identities, tokenOf, lifeMsOf, begin })

  /** Finds a session after it was taken over: another request, or another process, may have been the first. */
  const findAdopted = async (id: string): Promise<Token | null | undefined> => {
    await adopt!(id)
    return findOwn(id, tick())
  }

  /** Returns the token of a session, or `null` if there is none that is live. @throws `ERR_SESSION_UNAVAILABLE` */
  function find(id: string): MaybePromise<Token | null> {
    const found = findOwn(id, tick())
    const withFormer =
      adopt === null ? found : andThen(found, (token) => (token === undefined ? findAdopted(id) : token))
    return andThen(withFormer, (token = null) => {
      events.emitter()?.({ type: 'opened', outcome: token === null ? 'ended' : 'active', ...idsOf(token) })
      return token
    })
  }

  /**
   * Creates a session whose id is new.
   *
   * @param opening when the request was opened: `revokeAll` refuses the sign-ins of requests that were opened before
   * @throws `ERR_SIGN_IN_REFUSED`; `ERR_OPTIONS` if the id is taken; `ERR_SESSION_UNAVAILABLE`
   */
  function create(id: string, session: object, opening: LogicalTime | undefined): MaybePromise<Token> {
    const present = tick()
    const moment = { ...present, monotonic: opening?.monotonic ?? present.monotonic }
    const { guest, user } = identities(id)
    const userId = userIdOf(userOf, session)
    const data = textsOf(session)
    const life = lifeMsOf(data, moment.at)
    const guestToken = tokenOf(guest, null, moment)
    const isFree = userId === null || owners.create(guestToken, userId, life, moment)
    const own = userId === null ? guestToken : { ...tokenOf(user, userId, moment), signedInAt: moment.at }
    const token = { ...own, data, idleTimeout: life / 1000 }
    const result = andThen(isFree, (free) => (free ? begin(token, moment) : null))
    return andThen(result, (saved) => {
      if (saved !== 'saved')
        return Promise.reject(saved === null || userId === null ? idTakenError() : signInRefusedError())
      emit('began', token)
      return token
    })
  }

  /** Saves the changed keys, or only those of the cookie's settings, and the last use. Resolves to `null` if the session has ended meanwhile. @throws `ERR_SESSION_UNAVAILABLE` */
  function update(id: string, opened: Token, session: object, onlyTouch: boolean): MaybePromise<Token | null> {
    const moment = tick()
    const data = onlyTouch ? withCookieText(opened.data!, session) : textsOf(session)
    const change = changeOf(opened.data!, data)
    const life = lifeMsOf(data, moment.at)
    const present = { ...opened, idleTimeout: life / 1000 }
    if (change === null && !isTouchDue(present, lifetimes, moment.at)) return opened
    const token = { ...present, lastSeenAt: moment.at, data, record: undefined }
    const type = change === null ? 'touched' : 'changed'
    return andThen(repository.save(planOf(type, present, token, change), moment), (result) => {
      if (result === 'rejected') {
        events.emitter()?.({ type: 'refused', ...idsOf(token), id: token.identity!.id })
        return null
      }
      if (result === 'skipped') return opened
      emit(type, token)
      const written = { ...token, idleTimeout: null, confirmedAt: moment.at }
      if (token.userId === null) return written
      const guestToken = tokenOf(identities(id).guest, null, moment)
      return andThen(owners.keepUntil(guestToken, token.userId, moment.at + life, moment), () => written)
    })
  }

  async function tokensOf(id: string, moment: LogicalTime): Promise<TokensOfId> {
    const { guest, user } = identities(id)
    const guestToken = tokenOf(guest, null, moment)
    return withOwner(guest, moment, (owner) => ({
      guestToken,
      token: owner === null ? guestToken : tokenOf(user, owner.userId, moment),
    }))
  }

  const { end, endLive } = createSessionEnds(settings, { repository, tokensOf, from, storeName })

  return {
    find,
    create,
    update,
    end,
    endLive,
    tick,
    /** Lists a user's live sessions, most recently used first. */
    async list(userId: string): Promise<SessionInfo[]> {
      const { at } = tick()
      return (await list(userId)).filter(({ expiresAt }) => expiresAt > at)
    },
    revoke,
    /** @param exceptId the id of a session to keep, as in lists */
    revokeAll: async (userId: string, exceptId?: string) =>
      exceptId === undefined ? revokeAll(userId, undefined) : revokeOthers(userId, { id: exceptId }),
  }
}
