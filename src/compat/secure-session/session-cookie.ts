import { randomBytes } from 'node:crypto'
import { optionsError } from '../../core/errors.ts'
import { createLogicalClock } from '../../core/logical-time.ts'
import { putText, type Texts } from '../../core/texts.ts'
import { emptyToken, type Token } from '../../core/token.ts'
import { sealedFormat } from '../../formats/sealed.ts'
import { deriveIdentity } from '../../from/shared/derive-identity.ts'
import { parseJsonObject } from '../../from/shared/json-object.ts'
import { openSecretbox } from '../../from/shared/secretbox.ts'
import { cookieRepository } from '../../repository/cookie-repository.ts'
import type { SaveResult } from '../../repository/repository.ts'
import { planOf } from '../shared/session-plans.ts'
import { defaultUserOf, userIdOf } from '../shared/user-of.ts'
import type { Keys } from './keys.ts'
import { sealSecretbox } from './seal-secretbox.ts'
import { createSession, stateOf, type Session } from './session.ts'

/** The cookie of one session name. */
export interface SessionCookie {
  /** Opens a value: a session, or the reason why there is none. */
  open(value: string): Session | string
  /** Returns the token that holds a session's values. */
  tokenOf(session: Session): Token
  /** Seals a token. */
  seal(token: Token): string
  /** Notes that a token's cookie is about to be sent. Returns `false` if the session has ended meanwhile. */
  save(session: Session, token: Token): boolean
  /** Whether a session has ended. */
  hasEnded(token: Token): boolean
  /** Ends a session, so that copies of its cookie open nothing in this process. */
  end(token: Token): void
}

/** Browsers keep a cookie for 400 days at most (RFC 6265bis section 5.5). */
const longestLife = 400 * 24 * 3600

/** How cookies are written: sealed by Sojourn, or as @fastify/secure-session does. Both are read. */
export type Wire = 'sealed' | 'peer'

/** @param expiry how long a session lives after its last change, in seconds. @throws `ERR_OPTIONS` */
export function createSessionCookie(
  cookieName: string,
  expiry: number,
  { secrets, boxKeys }: Keys,
  wire: Wire,
): SessionCookie {
  if (wire !== 'sealed' && wire !== 'peer') throw optionsError("wire must be 'sealed' or 'peer'.")
  const [boxKey] = boxKeys
  if (wire === 'peer' && boxKey === undefined)
    throw optionsError("wire: 'peer' with a secret needs sodium-native, or Node 24.7 or newer.")
  const format = sealedFormat({ secrets, audience: 'fastify-secure-session' })
  const lifetimes = { idleTimeout: expiry, absoluteTimeout: longestLife, touchAfter: 0, unconfirmedFor: 0 }
  const tick = createLogicalClock(
    () => Date.now(),
    () => 0,
  )
  const repository = cookieRepository({ lifetimes, tick })
  const context = () => ({ now: Date.now(), idleTimeout: expiry, absoluteTimeout: longestLife, cookieName })

  function find(token: Token, key: number): Session | string {
    const {
      outcome,
      token: found,
      isStale,
    } = repository.find(withUser(token), key, tick()) as { outcome: string; token: Token; isStale: boolean }
    if (outcome === 'idle' || outcome === 'expired') return 'expiry reached'
    if (outcome !== 'active') return 'the session has ended, creating an empty session'
    const session = createSession(readValues(found.data!), found)
    session.changed = isStale
    return session
  }

  return {
    open(value) {
      const opened = format.open(value, context())
      if (opened.outcome === 'active') return find(opened.token, wire === 'sealed' ? opened.key : 1)
      if (opened.outcome === 'idle') return 'expiry reached'
      const box = openBox(value, boxKeys)
      // A box is stale, whatever key opened it: the response seals it in our way.
      return typeof box === 'string' ? box : find(box.token, wire === 'sealed' ? 1 : box.key)
    },

    tokenOf(session) {
      const { token, data, changedAt } = stateOf(session)!
      const identity = token?.identity ?? format.createIdentity!()
      const createdAt = token?.createdAt ?? changedAt
      return { ...emptyToken, identity, createdAt, lastSeenAt: changedAt, remember: true, data: writeValues(data) }
    },

    seal: (token) => (wire === 'sealed' ? format.seal(token, context()) : writeBox(token, boxKey!)),

    save(session, token) {
      const { token: opened } = stateOf(session)!
      const continued = opened && withUser(opened)
      const plan = planOf(continued === null ? 'began' : 'changed', continued, token, null)
      return (repository.save(plan, tick()) as SaveResult) === 'saved'
    },

    hasEnded: (token) => (repository.find(withUser(token), 0, tick()) as { outcome: string }).outcome === 'ended',

    end(token) {
      // Also as a guest's: an older cookie of the session may have no user.
      for (const each of [{ ...token, userId: null }, withUser(token)]) void repository.end(each, 'signed-out', tick())
    },
  }
}

/** Adds the user, if there is one in the values. The ends of users' sessions are remembered apart, because one client can make many guests. */
const withUser = (token: Token): Token => ({ ...token, userId: userIdOf(defaultUserOf, readValues(token.data!)) })

/** Opens what @fastify/secure-session wrote: `base64(tag and cipher);base64(nonce)`. Returns a token, or why there is none. */
function openBox(value: string, keys: readonly Uint8Array[]): { token: Token; key: number } | string {
  // With the cookie option `signed`, a dot and a signature follow. Its secret may be one that only @fastify/secure-session can derive
  // from the key, and the box needs no signature.
  const [boxText = '', nonceText] = value.split('.')[0]!.split(';')
  if (nonceText === undefined) return 'the cookie is malformed, creating an empty session'
  const box = Buffer.from(boxText, 'base64')
  const nonce = Buffer.from(nonceText, 'base64')
  if (box.length < 16) return 'the cipher is not long enough, creating an empty session'
  if (nonce.length !== 24) return 'the nonce does not have the required length, creating an empty session'
  for (const [index, key] of keys.entries()) {
    const text = openSecretbox(box, nonce, key)
    const { __ts: writtenAt, ...values } = (text !== null && parseJsonObject(text.toString('utf8'))) || {}
    if (typeof writtenAt !== 'number') continue
    // The bytes, because base64 has several spellings. Another spelling must not be another session.
    const identity = deriveIdentity('fastify-secure-session', Buffer.concat([nonce, box]).toString('base64'), '')
    const data = writeValues(new Map(Object.entries(values)))
    const writtenMs = writtenAt * 1000
    const token = { ...emptyToken, identity, createdAt: writtenMs, lastSeenAt: writtenMs, remember: true, data }
    return { token, key: index }
  }
  return 'unable to decrypt, creating an empty session'
}

/** Writes a token as @fastify/secure-session does. */
function writeBox({ data, lastSeenAt }: Token, key: Uint8Array): string {
  const text = JSON.stringify({ ...readValues(data!), __ts: Math.round(lastSeenAt / 1000) })
  const nonce = randomBytes(24)
  return `${sealSecretbox(Buffer.from(text), nonce, key).toString('base64')};${nonce.toString('base64')}`
}

function writeValues(values: ReadonlyMap<string, unknown>): Texts {
  const texts: Record<string, string> = {}
  for (const [key, value] of values) {
    const text: string | undefined = JSON.stringify(value)
    if (text !== undefined) putText(texts, key, text)
  }
  return texts
}

const readValues = (texts: Texts): object =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, JSON.parse(text) as unknown]))
