import type { CookieFormat } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import { putText, textOf } from '../core/texts.ts'
import type { Token } from '../core/token.ts'
import { deriveKey, type Secret } from '../formats/secrets.ts'
import { compress, decompress, maxInflatedBytes } from './compression.ts'
import { checkUserKey } from './flask-options.ts'
import { membersFromTexts, textsFromMembers } from './json/flash-texts.ts'
import { isCheapToParse } from './json/is-cheap-to-parse.ts'
import { readSessionMembers, writeSessionMembers, type SessionMembers } from './json/session-members.ts'
import { taggedJsonCodec } from './json/tagged-json-codec.ts'
import { Uuid } from './python-types.ts'
import { readFlaskSecrets } from './secrets.ts'
import { createSigner } from './signature.ts'

/** Options of {@link flaskFormat}: values from the Flask application's configuration. */
export interface FlaskFormatOptions {
  /** Flask's `SECRET_KEY`, exactly as in Flask. Required. In production: at least 32 bytes, and not a value from examples. */
  secretKey: Secret | undefined
  /**
   * Flask's `SECRET_KEY_FALLBACKS`, in the same order. A string throws `ERR_OPTIONS`, because Flask would use each of its
   * letters as a key.
   *
   * @default []
   */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /** The session member that holds the user's id. An id that looks like an integer is written as one. @default 'person_id' */
  userKey?: string | undefined
}

/** Received members that are not application data, so that unchanged values are written back exactly as received. */
interface Leftover {
  readonly names: SessionMembers['names']
  readonly permanent: string | undefined
  readonly remember: boolean
  readonly user: string | undefined
  readonly userId: string | null
}

/** The session member that CSRF tokens are derived from. */
const csrfMember = '_sojourn_csrf'

// Flask rejects a signature that is one second ahead of its clock, and the clocks of two servers differ.
const backdateSeconds = 2

/**
 * Reads and writes Flask's own signed cookie. An application in Flask and one in TypeScript share their sessions if they
 * have the same `SECRET_KEY` and run on one host.
 *
 * Flask's cookie has these limits:
 *
 * - It is signed, not encrypted: anyone who has the cookie can read the session.
 * - Guests and users share one cookie, so the response to a guest can overwrite a sign-in.
 * - It has no session id: a sign-in renews nothing, and an ended session is not remembered.
 * - It has no sign-in time: only the idle timeout applies, which is Flask's `PERMANENT_SESSION_LIFETIME`.
 * - It works without a store only.
 * - It holds at most 128 KB before compression: a longer cookie is refused, and writing one throws `ERR_COOKIE_TOO_BIG`.
 *   So is one with more values, keys and escapes than 1,000 and 4 for each of its characters; in plain JSON four times as many.
 *
 * CSRF tokens are derived from the session member `_sojourn_csrf`. A sign-in here replaces it, a sign-in in Flask does not.
 *
 * A form on a foreign site is sent without the cookie, and the response would overwrite a sign-in. Reject such requests (by
 * `Sec-Fetch-Site` or `Origin`) before anything reads the session.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS`
 */
export function flaskFormat({
  secretKey,
  secretKeyFallbacks = [],
  userKey = 'person_id',
}: FlaskFormatOptions): CookieFormat {
  const secrets = readFlaskSecrets(secretKey, secretKeyFallbacks)
  checkUserKey(userKey, csrfMember)
  const signer = createSigner(secrets)
  const reserved = new Set([userKey, '_permanent', csrfMember])

  return {
    name: 'flask',
    capabilities: { hasIdentity: false, idIsSecret: false, singleCookie: true },
    cookie: { name: 'session' },
    keysFor: (purpose) => secrets.map((secret) => deriveKey(secret, purpose)),

    codec: {
      // `open` has read all of the text, so none is damaged.
      isLazy: true,
      parse: taggedJsonCodec.parse,
      stringify(value, path, original) {
        const text = taggedJsonCodec.stringify(value, path, original)
        // A member with this name that identifies no user, such as None, is application data: write it back unchanged.
        if (!reserved.has(path) || text === original) return text
        throw new SojournError(
          'ERR_DATA',
          `session.data.${path} is reserved. Use session.signIn(userId, { remember }).`,
        )
      },
    },

    open(value, { now, idleTimeout }) {
      const unsigned = signer.unsign(value)
      if (unsigned.outcome !== 'signed') return { outcome: unsigned.outcome }
      const age = Math.floor(now / 1000) - unsigned.seconds
      if (age < 0 || age > Math.floor(idleTimeout)) return { outcome: 'expired' }
      const json = decompress(unsigned.payload)
      const session = json === null || !isCheapToParse(json, unsigned.payload.length) ? null : readSessionMembers(json)
      if (session === null) return { outcome: 'malformed' }
      // Flask compares whole seconds, and accepts a cookie until the end of the last one.
      return { outcome: 'active', token: toToken(session, userKey, (unsigned.seconds + 1) * 1000), key: unsigned.key }
    },

    seal(token, { now }) {
      const json = writeSessionMembers(toSessionMembers(token, userKey))
      // Flask's JSON is ASCII, so its characters are its bytes. A longer one would be refused with the next request.
      if (json.length > maxInflatedBytes) {
        const count = json.length.toLocaleString('en')
        throw tooLargeError(`${count} bytes of data (at most 131,072 before compression), too many`)
      }
      const payload = compress(json)
      if (!isCheapToParse(json, payload.length)) throw tooLargeError('too many values')
      return signer.sign(payload, Math.max(0, Math.floor(now / 1000) - backdateSeconds))
    },

    isEmpty: (token) =>
      token.userId === null &&
      !token.csrf &&
      permanentOf(token) === undefined &&
      Object.keys(token.data ?? {}).length === 0,
  }
}

function toToken({ texts, names }: SessionMembers, userKey: string, lastSeenAt: number): Token {
  const permanent = textOf(texts, '_permanent')
  const remember = permanent !== undefined && !/^(false|null|-?0(\.0)?|""|\[\]|\{\})$/.test(permanent)
  const user = textOf(texts, userKey)
  const userId = user === undefined ? null : parseUserId(user)
  const csrf = /^"([\w-]{22})"$/.exec(textOf(texts, csrfMember) ?? '')?.[1] ?? null
  const rest: Record<string, string> = {}
  for (const key of Object.keys(texts)) {
    const isOwn = key === '_permanent' || (key === userKey && userId !== null) || (key === csrfMember && csrf !== null)
    if (!isOwn) putText(rest, key, texts[key]!)
  }
  const leftover: Leftover = { names, permanent, remember, user, userId }
  // Not from `emptyToken`, because reading a session whose token was made by a spread takes twice as long.
  return {
    identity: null,
    userId,
    createdAt: null,
    signedInAt: null,
    lastSeenAt,
    remember,
    label: null,
    confirmedAt: null,
    version: 0,
    data: textsFromMembers(rest),
    changed: [],
    idleTimeout: null,
    absoluteTimeout: null,
    methods: [],
    csrf,
    leftover,
  }
}

function toSessionMembers(token: Token, userKey: string): SessionMembers {
  const { userId, data, csrf } = token
  const original = token.leftover as Leftover | undefined
  const texts = membersFromTexts(data ?? {})
  const permanent = permanentOf(token)
  if (permanent !== undefined) putText(texts, '_permanent', permanent)
  if (csrf) putText(texts, csrfMember, `"${csrf}"`)
  if (userId !== null) putText(texts, userKey, original?.userId === userId ? original.user! : encodeUserId(userId))
  return { texts, names: original?.names ?? new Map() }
}

/** Returns the text of the member `_permanent`, as it was read if the session remembers no more and no less. */
function permanentOf({ remember, leftover }: Token): string | undefined {
  const original = leftover as Leftover | undefined
  return original?.remember === remember ? original.permanent : remember ? 'true' : undefined
}

/** Returns the user's id if the member is an integer, a UUID or a non-empty text. Otherwise no user is signed in: `null`. */
function parseUserId(text: string): string | null {
  if (/^-?\d+$/.test(text)) return text
  const value: unknown = taggedJsonCodec.parse(text)
  if (value instanceof Uuid) return value.text
  return typeof value === 'string' && value !== '' ? value : null
}

const encodeUserId = (userId: string): string =>
  /^(0|-?[1-9]\d{0,4000})$/.test(userId) ? userId : taggedJsonCodec.stringify(userId, 'userId')

const tooLargeError = (content: string): SojournError =>
  new SojournError(
    'ERR_COOKIE_TOO_BIG',
    `This session has ${content} for a cookie of Flask. Store ids in the session, and the data itself in your database.`,
  )
