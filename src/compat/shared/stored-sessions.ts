import type { LogicalTime } from '../../core/logical-time.ts'
import { isTouchDue } from '../../core/lifetime.ts'
import { emptyToken, idsOf, type Identity, type Token } from '../../core/token.ts'
import type { Texts } from '../../core/texts.ts'
import type { SaveResult } from '../../repository/repository.ts'
import { createStoreBackend } from '../../repository/store-backend.ts'
import { storeUnavailableError } from '../../repository/store-errors.ts'
import type { SessionInfo } from '../../stores/store.ts'
import { createReadFormer } from './former-store.ts'
import { createSessionEnds, type TokensOfId } from './session-ends.ts'
import { identitiesOf } from './session-ids.ts'
import { changeOf, idTakenError, planOf, signInRefusedError } from './session-plans.ts'
import { createSessionOwners } from './session-owners.ts'
import { readStoredSettings, type StoredSessionsOptions } from './session-settings.ts'
import { lifeInTexts, lifeOf, textsOf, withCookieText } from './session-texts.ts'
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
  const adoptions = new Map<string, Promise<void>>()
  const identities = (id: string) => identitiesOf(library, id)

  const tokenOf = (identity: Identity, userId: string | null, { at }: LogicalTime): Token => {
    return { ...emptyToken, identity, userId, createdAt: at, lastSeenAt: at, confirmedAt: at }
  }
  const lifeMsOf = (texts: Texts, lastSeenAt: number): number => lifeInTexts(texts, lastSeenAt) ?? ttl * 1000
  const emit = (type: 'began' | 'changed' | 'touched' | 'adopted', token: Token): void =>
    events.emit?.({ type, ...idsOf(token) })

  async function lookUp(identity: Identity, userId: string | null, moment: LogicalTime): Promise<Token | null> {
    const { outcome, token, cause } = await repository.find(tokenOf(identity, userId, moment), 0, moment)
    if (outcome === 'unavailable') throw storeUnavailableError(cause, storeName)
    return outcome === 'active' ? token : null
  }

  /** Returns the token of a session, `null` if it has expired, or `undefined` if the store has none of this id. */
  async function findOwn(id: string, moment: LogicalTime): Promise<Token | null | undefined> {
    const { guest, user } = identities(id)
    const known = owners.known(guest.id)
    const record = known === undefined ? await lookUp(guest, null, moment) : null
    const owner = known ?? (record === null ? null : owners.read(record))
    const token = owner === null ? record : await lookUp(user, owner.userId, moment)
    if (token === null) return owner === null ? undefined : null
    return token.lastSeenAt + lifeMsOf(token.data!, token.lastSeenAt) > moment.at ? token : null
  }

  /** Takes over the session that the former store has. If it ended here, the store refuses to create it again. */
  async function adopt(id: string): Promise<void> {
    const moment = tick()
    const session = await readFormer?.(id, moment)
    if (session == null) return
    const { guest, user } = identities(id)
    const userId = userIdOf(userOf, session)
    const data = textsOf(session)
    const lifeMs = lifeMsOf(data, moment.at)
    const idleTimeout = lifeMs / 1000
    if (userId === null) return void (await begin({ ...tokenOf(guest, null, moment), data, idleTimeout }, moment))
    // The former library wrote it when the life in its cookie began. `revokeAll` refuses sessions from before.
    const writtenAt = Date.parse(session['cookie']?.expires) - (lifeOf(session['cookie']) ?? NaN) || 0
    const token = { ...tokenOf(user, userId, moment), confirmedAt: null, writtenAt, data, idleTimeout }
    const { outcome, cause } = await repository.find(token, 0, moment)
    if (outcome === 'unavailable') throw storeUnavailableError(cause, storeName)
    // Last, because a request that fails between the two steps then finds no owner, and takes the session over again.
    if (outcome === 'active') await owners.create(tokenOf(guest, null, moment), userId, lifeMs, moment)
  }

  /**
   * Takes a session over, and then finds it. All requests find it, whichever of them was the first to create it: requests of this
   * process wait for the same attempt, and another process may be faster.
   */
  async function findFormer(id: string): Promise<Token | null | undefined> {
    let adoption = adoptions.get(id)
    if (adoption === undefined) {
      adoption = adopt(id).finally(() => adoptions.delete(id))
      adoptions.set(id, adoption)
    }
    await adoption
    return findOwn(id, tick())
  }

  const begin = async (token: Token, moment: LogicalTime): Promise<SaveResult> =>
    repository.save(planOf('began', null, { ...token, confirmedAt: null }, null), moment)

  /** Returns the token of a session, or `null` if there is none that is live. @throws `ERR_SESSION_UNAVAILABLE` */
  async function find(id: string): Promise<Token | null> {
    let token = await findOwn(id, tick())
    if (token === undefined && readFormer !== null) token = await findFormer(id)
    events.emit?.({ type: 'opened', outcome: token == null ? 'ended' : 'active', ...idsOf(token ?? null) })
    return token ?? null
  }

  /**
   * Creates a session whose id is new.
   *
   * @param opening when the request was opened: `revokeAll` refuses the sign-ins of requests that were opened before
   * @throws `ERR_SIGN_IN_REFUSED`; `ERR_OPTIONS` if the id is taken; `ERR_SESSION_UNAVAILABLE`
   */
  async function create(id: string, session: object, opening: LogicalTime | undefined): Promise<Token> {
    const present = tick()
    const moment = { ...present, monotonic: opening?.monotonic ?? present.monotonic }
    const { guest, user } = identities(id)
    const userId = userIdOf(userOf, session)
    const data = textsOf(session)
    const life = lifeMsOf(data, moment.at)
    const guestToken = tokenOf(guest, null, moment)
    const isFree = userId === null || (await owners.create(guestToken, userId, life, moment))
    const signedIn = { ...tokenOf(user, userId, moment), signedInAt: moment.at }
    const token = { ...(userId === null ? guestToken : signedIn), data, idleTimeout: life / 1000 }
    if (!isFree || (userId === null && (await begin(token, moment)) !== 'saved')) throw idTakenError()
    if (userId !== null && (await begin(token, moment)) !== 'saved') throw signInRefusedError()
    emit('began', token)
    return token
  }

  /** Saves the changed keys, or only those of the cookie's settings, and the last use. Resolves to `null` if the session has ended meanwhile. @throws `ERR_SESSION_UNAVAILABLE` */
  async function update(id: string, opened: Token, session: object, onlyTouch: boolean): Promise<Token | null> {
    const moment = tick()
    const data = onlyTouch ? withCookieText(opened.data!, session) : textsOf(session)
    const change = changeOf(opened.data!, data)
    const life = lifeMsOf(data, moment.at)
    const present = { ...opened, idleTimeout: life / 1000 }
    if (change === null && !isTouchDue(present, lifetimes, moment.at)) return opened
    const token = { ...present, lastSeenAt: moment.at, data, record: undefined }
    const type = change === null ? 'touched' : 'changed'
    const result = await repository.save(planOf(type, present, token, change), moment)
    if (result === 'rejected') {
      events.emit?.({ type: 'refused', ...idsOf(token), id: token.identity!.id })
      return null
    }
    if (result === 'skipped') return opened
    emit(type, token)
    if (token.userId !== null)
      await owners.keepUntil(tokenOf(identities(id).guest, null, moment), token.userId, moment.at + life, moment)
    return { ...token, idleTimeout: null, confirmedAt: moment.at }
  }

  async function tokensOf(id: string, moment: LogicalTime): Promise<TokensOfId> {
    const { guest, user } = identities(id)
    const known = owners.known(guest.id)
    const record = known === undefined ? await lookUp(guest, null, moment) : null
    const owner = known ?? (record === null ? null : owners.read(record))
    const guestToken = tokenOf(guest, null, moment)
    return { guestToken, token: owner === null ? guestToken : tokenOf(user, owner.userId, moment) }
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
