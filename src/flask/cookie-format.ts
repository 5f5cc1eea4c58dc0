import type { CookieFormat } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import { putText, textOf } from '../core/texts.ts'
import type { Token } from '../core/token.ts'
import { deriveKey, type Secret } from '../formats/secrets.ts'
import { compress, decompress } from './compression.ts'
import { membersFromTexts, textsFromMembers } from './json/flash-texts.ts'
import { readSessionMembers, writeSessionMembers, type SessionMembers } from './json/session-members.ts'
import { taggedJsonCodec } from './json/tagged-json-codec.ts'
import { checkUserKey, optionsError } from './options.ts'
import { Uuid } from './python-types.ts'
import { readFlaskSecrets } from './secrets.ts'
import { createSigner } from './signature.ts'

/** What {@link flaskFormat} is made with: what the Flask application is configured with. */
export interface FlaskFormatOptions {
  /** Flask's `SECRET_KEY`, to the letter. Required. In production at least 32 bytes, and none that stands in examples. */
  secretKey: Secret | undefined
  /**
   * Flask's `SECRET_KEY_FALLBACKS`, in its order. A text in place of the list throws `ERR_OPTIONS`: Flask would take its
   * letters for keys.
   *
   * @default []
   */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /** Where the user's id stands in the session: as an integer where it looks like one. @default 'person_id' */
  userKey?: string | undefined
}

/** What goes back as it came: members that are not the application's data, and how all of them stood. */
interface Leftover {
  readonly names: SessionMembers['names']
  readonly permanent: string | undefined
  readonly remember: boolean
  readonly user: string | undefined
  readonly userId: string | null
}

/** Where a session keeps what its form tokens are made of. */
const csrfMember = '_sojourn_csrf'

// Flask refuses what is signed one second ahead of its clock, and clocks differ.
const backdateSeconds = 2

/**
 * Flask's own signed cookie, read and written, so that an application in Flask and one in TypeScript with the same
 * `SECRET_KEY` on one host share their sessions.
 *
 * What it cannot give: whoever holds the cookie can read it, since it is signed and not sealed. It has one name for guests
 * and users, so that a guest's response may replace a sign-in; no id, so that nothing is renewed at sign-in and no ended
 * session is remembered; no time of sign-in, so that only the idle timeout holds, which is Flask's
 * `PERMANENT_SESSION_LIFETIME`. It takes no store. What a form token is made of stands in the session, as
 * `_sojourn_csrf`: new at a sign-in here, and not at one in Flask. A form on a foreign site arrives without the cookie, and its
 * response would replace a sign-in: refuse such requests (`Sec-Fetch-Site`, `Origin`) before anything reads the session.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS`
 */
export function flaskFormat({
  secretKey,
  secretKeyFallbacks = [],
  userKey = 'person_id',
}: FlaskFormatOptions): CookieFormat {
  const secrets = readCookieSecrets(secretKey, secretKeyFallbacks)
  checkUserKey(userKey, csrfMember)
  const signer = createSigner(secrets)
  const reserved = new Set([userKey, '_permanent', csrfMember])

  return {
    name: 'flask',
    capabilities: { hasIdentity: false, idIsSecret: false, singleCookie: true },
    cookie: { name: 'session' },
    keysFor: (purpose) => secrets.map((secret) => deriveKey(secret, purpose)),

    codec: {
      parse: taggedJsonCodec.parse,
      stringify(value, path, came) {
        const text = taggedJsonCodec.stringify(value, path, came)
        // A member of that name which names nobody, such as None, is data that goes back as it came.
        if (!reserved.has(path) || text === came) return text
        throw new SojournError(
          'ERR_DATA',
          `session.data.${path} is not the application's: use session.signIn(userId, { remember }).`,
        )
      },
    },

    open(value, { now, idleTimeout }) {
      const unsigned = signer.unsign(value)
      if (unsigned.outcome !== 'signed') return { outcome: unsigned.outcome }
      const age = Math.floor(now / 1000) - unsigned.seconds
      if (age < 0 || age > Math.floor(idleTimeout)) return { outcome: 'expired' }
      const json = decompress(unsigned.payload)
      const session = json === null ? null : readSessionMembers(json)
      if (session === null) return { outcome: 'malformed' }
      // Flask counts whole seconds, and takes a cookie until the last one is over.
      return { outcome: 'active', token: toToken(session, userKey, (unsigned.seconds + 1) * 1000), key: unsigned.key }
    },

    seal(token, { now }) {
      const session = toSessionMembers(token, userKey)
      return signer.sign(compress(writeSessionMembers(session)), Math.max(0, Math.floor(now / 1000) - backdateSeconds))
    },

    isEmpty: (token) => Object.keys(toSessionMembers(token, userKey).texts).length === 0,
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
    csrf,
    leftover,
  }
}

function toSessionMembers({ userId, remember, data, csrf, leftover }: Token, userKey: string): SessionMembers {
  const original = leftover as Leftover | undefined
  const texts: Record<string, string> = { ...membersFromTexts(data ?? {}) }
  const permanent = original?.remember === remember ? original.permanent : remember ? 'true' : undefined
  if (permanent !== undefined) putText(texts, '_permanent', permanent)
  if (csrf) putText(texts, csrfMember, `"${csrf}"`)
  if (userId !== null) putText(texts, userKey, original?.userId === userId ? original.user! : encodeUserId(userId))
  return { texts, names: original?.names ?? new Map() }
}

/** A user's id as text: of an integer, a UUID, and a text that is not empty; of anything else there is nobody signed in. */
function parseUserId(text: string): string | null {
  if (/^-?\d+$/.test(text)) return text
  const value: unknown = taggedJsonCodec.parse(text)
  if (value instanceof Uuid) return value.text
  return typeof value === 'string' && value !== '' ? value : null
}

const encodeUserId = (userId: string): string =>
  /^(0|-?[1-9]\d{0,4000})$/.test(userId) ? userId : taggedJsonCodec.stringify(userId, 'userId')

function readCookieSecrets(key: Secret | undefined, fallbacks: readonly (Secret | undefined)[]): readonly Uint8Array[] {
  if (!Array.isArray(fallbacks)) {
    optionsError(
      "secretKeyFallbacks is a list of keys, such as ['older']; of a text, Flask would take each letter for a key.",
    )
  }
  return readFlaskSecrets([key, ...fallbacks])
}
