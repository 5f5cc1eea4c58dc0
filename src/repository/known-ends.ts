import type { Token } from '../core/token.ts'
import { isEnding, type SessionNotice, type SessionRecord } from '../stores/store.ts'
import { createLruCache } from '../util/lru-cache.ts'
import { sha256 } from '../util/sha256.ts'
import { hashOf, matchesSecret, outcomeOf, type EndOutcome } from './record.ts'
import type { Found } from './resilient-store.ts'

/**
 * Sessions and secrets that this process knows to be over. It opens none of them while the store does not answer. A restart
 * forgets them, and a full memory forgets its oldest.
 */
export interface KnownEnds {
  /** Returns the outcome of a session that is certainly over. Without a secret, checks the session only. */
  outcomeOf(session: KnownSession): EndOutcome | undefined
  /** Returns the outcome of a session that is over unless the store says otherwise. For when the store does not answer. */
  lastOutcomeOf(session: KnownSession): EndOutcome | undefined
  /** Adds what this process did or read. That is certain, so no answer of the store corrects it. */
  add(notice: SessionNotice): void
  /** Adds what a notice says. It is not certain, because others may be able to send notices, and their order may be wrong. */
  hear(notice: SessionNotice): void
  /**
   * Adds that the store did not know these secrets of a session, or had no record of it. That is not certain, because a read may
   * be stale, and a store may get its data back.
   */
  addUnknown(key: SessionKey, secretHashes: readonly string[], isMissing?: boolean): void
  /**
   * Call it before a read of a token's session, and the returned function with the answer, also with a late one. That function
   * learns from the answer, and returns the outcome of a session that is over. Otherwise it returns the record, or `null`
   * if the session never had one. An answer corrects only what was known before its read, because it may be older than the rest.
   */
  startRead(token: Token): (found: Found) => EndOutcome | SessionRecord | null
}

type SessionKey = Pick<SessionNotice, 'id' | 'isGuest'>

interface KnownSession extends Pick<Token, 'userId'> {
  readonly identity: { readonly id: string; readonly secret?: string } | null
}

/** The known state of an id or of a secret's hash. Each entry is a new object, so that a read finds out if it was replaced. */
interface Entry {
  /** Not set if the id or secret is not over. Secrets are looked up only if their id has an entry. */
  readonly outcome?: EndOutcome
  readonly isCertain?: boolean
  /** Whether the store had no record of the id. A later renewal shows that it has one again. */
  readonly isMissing?: boolean
  /** The hash of the secret that replaced this one. */
  readonly replacedBy?: string
}

/** How many entries are remembered at least. Guests have their own, because one client can create many guests. */
const [maxUserEntries, maxGuestEntries] = [100_000, 10_000]

/**
 * One closure, because all functions work on the same two caches.
 *
 * @param idIsSecret whether another library writes the records too. It may write one again, so reads teach nothing. Tokens do
 *   not name their user, so all are remembered as users'.
 */
export function createKnownEnds(idIsSecret: boolean): KnownEnds {
  const [users, guests] = [createLruCache<Entry>(maxUserEntries), createLruCache<Entry>(maxGuestEntries)]

  const cacheOf = (isGuest: boolean) => (isGuest && !idIsSecret ? guests : users)

  function entriesOf({ identity, userId }: KnownSession): (readonly [key: string, Entry | undefined])[] {
    const cache = cacheOf(userId === null)
    const { id, secret } = identity!
    const entry = cache.get(id)
    // Hash only if needed, because every request comes here.
    if (entry === undefined) return []
    if (secret === undefined) return [[id, entry]]
    const secretHash = sha256(secret)
    return [
      [id, entry],
      [secretHash, cache.get(secretHash)],
    ]
  }

  function certainOutcome(session: KnownSession): EndOutcome | undefined {
    return entriesOf(session).find(([, entry]) => entry?.isCertain)?.[1]!.outcome
  }

  function put(isGuest: boolean, key: string, entry: Entry): void {
    const cache = cacheOf(isGuest)
    if (!cache.get(key)?.isCertain) cache.set(key, entry)
  }

  function addNotice(notice: SessionNotice, isCertain: boolean): void {
    const { id, isGuest } = notice
    if ('ended' in notice) return put(isGuest, id, { outcome: outcomeOf(notice.ended), isCertain })
    const { replacedHash, secretHash } = notice
    const cache = cacheOf(isGuest)
    const ofId = cache.get(id)
    if (ofId === undefined || ofId.isMissing) put(isGuest, id, {})
    put(isGuest, replacedHash, { outcome: 'ended', isCertain, replacedBy: secretHash })
    // A store that undoes a renewal publishes that as another renewal. Notices of earlier renewals may come late.
    const known = cache.get(secretHash)
    if (known !== undefined && (isCertain || known.replacedBy === replacedHash)) put(isGuest, secretHash, {})
  }

  const addUnknown: KnownEnds['addUnknown'] = ({ id, isGuest }, secretHashes, isMissing = false) => {
    if (idIsSecret) return
    if (isMissing) put(isGuest, id, { outcome: 'ended', isMissing })
    else if (cacheOf(isGuest).get(id) === undefined) put(isGuest, id, {})
    for (const secretHash of secretHashes) put(isGuest, secretHash, { outcome: 'ended' })
  }

  return {
    outcomeOf: certainOutcome,
    lastOutcomeOf(session) {
      return certainOutcome(session) ?? entriesOf(session).find(([, entry]) => entry?.outcome)?.[1]!.outcome
    },
    add: (notice) => addNotice(notice, true),
    hear: (notice) => addNotice(notice, false),
    addUnknown,
    startRead(token) {
      const { identity, userId, confirmedAt } = token
      const { id } = identity!
      const isGuest = userId === null
      const before = entriesOf(token)
      return (found) => {
        if (found === null && confirmedAt === null) return null
        if (found !== null && isEnding(found)) {
          if (!idIsSecret) addNotice({ id, isGuest, ended: found.ended }, true)
          return outcomeOf(found.ended)
        }
        const isLive = found !== null && matchesSecret(found, token, idIsSecret)
        for (const [key, entry] of before) {
          const isCorrected = isLive || (found !== null && key === id)
          if (isCorrected && entry !== undefined && cacheOf(isGuest).get(key) === entry) put(isGuest, key, {})
        }
        // The session may have ended after the store has read it.
        if (isLive) return certainOutcome(token) ?? found
        addUnknown({ id, isGuest }, [hashOf(token)], found === null)
        return 'ended'
      }
    },
  }
}
