import type { Token } from '../core/token.ts'
import { isEnding, type Ending, type SessionNotice, type SessionRecord } from '../stores/store.ts'
import { createLruCache } from '../util/lru-cache.ts'
import { sha256 } from '../util/sha256.ts'
import { matchesSecret, outcomeOf, type EndOutcome } from './record.ts'

/**
 * What this process has learned is over: sessions that ended, and secrets that renewals replaced. It opens none of them, also
 * while the store does not answer. A restart forgets, and a full memory forgets its oldest.
 */
export interface KnownEnds {
  /** Returns the outcome of a session that is over, or whose secret was replaced. Without a secret, checks the session only. */
  outcomeOf(session: KnownSession): EndOutcome | undefined
  /** The same. If nothing is certain, returns what the store's last answer says, which a later answer may correct. */
  lastOutcomeOf(session: KnownSession): EndOutcome | undefined
  /** Remembers what is certain: this process did it, or the store has published it. */
  add(notice: SessionNotice): void
  /** Remembers that the store did not know a token's secret. */
  addUnknownSecret(token: Token): void
  /** Learns from what the store has at a token's id. Returns the outcome if the token is over. */
  learn(token: Token, found: SessionRecord | Ending | null): EndOutcome | undefined
}

interface KnownSession extends Pick<Token, 'userId'> {
  readonly identity: { readonly id: string; readonly secret?: string } | null
}

/**
 * What is known of an id or of a secret's hash. `missing`: the store had no record, or another secret. It is not certain, because
 * a read may be stale, and a store may get its data back. `renewed`: an id of which a secret may be known.
 */
type Entry = EndOutcome | 'missing' | 'renewed' | 'live'

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

  function entryOf({ identity, userId }: KnownSession): Entry | undefined {
    const cache = cacheOf(userId === null)
    const entry = cache.get(identity!.id)
    // Hash only if needed, because every request comes here.
    if (entry !== 'renewed' || identity!.secret === undefined) return entry
    return cache.get(sha256(identity!.secret))
  }

  function put(isGuest: boolean, key: string, entry: Entry): void {
    const cache = cacheOf(isGuest)
    const known = cache.get(key)
    if (known === entry || (known !== undefined && isCertain(known) && entry !== 'live')) return
    cache.set(key, entry)
  }

  function addUnknownSecret({ identity, userId }: Token): void {
    if (idIsSecret) return
    put(userId === null, identity!.id, 'renewed')
    put(userId === null, sha256(identity!.secret), 'missing')
  }

  return {
    outcomeOf: (session) => certainOutcome(entryOf(session)),
    lastOutcomeOf(session) {
      const entry = entryOf(session)
      return entry === 'missing' ? 'ended' : certainOutcome(entry)
    },
    add(notice) {
      const { id, isGuest } = notice
      if ('ended' in notice) return put(isGuest, id, outcomeOf(notice.ended))
      const { replacedHash, secretHash } = notice
      if (cacheOf(isGuest).get(id) === undefined) put(isGuest, id, 'renewed')
      put(isGuest, replacedHash, 'ended')
      // A store that undoes a renewal publishes that as another renewal.
      if (cacheOf(isGuest).get(secretHash) !== undefined) put(isGuest, secretHash, 'live')
    },
    addUnknownSecret,
    learn(token, found) {
      const isGuest = token.userId === null
      const { id } = token.identity!
      if (found === null) {
        if (token.confirmedAt === null) return undefined
        if (!idIsSecret) put(isGuest, id, 'missing')
        return 'ended'
      }
      if (isEnding(found)) {
        if (!idIsSecret) put(isGuest, id, outcomeOf(found.ended))
        return outcomeOf(found.ended)
      }
      if (!matchesSecret(found, token, idIsSecret)) {
        addUnknownSecret(token)
        return 'ended'
      }
      // The session may have ended after the store has read it.
      const entry = entryOf(token)
      if (entry === 'missing') {
        put(isGuest, id, 'renewed')
        put(isGuest, sha256(token.identity!.secret), 'live')
      }
      return certainOutcome(entry)
    },
  }
}

const isCertain = (entry: Entry): boolean => entry === 'ended' || entry === 'revoked'

const certainOutcome = (entry: Entry | undefined): EndOutcome | undefined =>
  entry === 'ended' || entry === 'revoked' ? entry : undefined
