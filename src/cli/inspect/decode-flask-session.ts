import { explain, type Explanation } from '../../core/outcome.ts'
import { createSidSigner, isSid } from '../../flask/sid.ts'
import { toSecretBytes } from '../../formats/secrets.ts'
import { sha256 } from '../../util/sha256.ts'
import type { CookieDecoder, DecodedCookie, InspectSettings } from './types.ts'

/** The contents of one value. */
type SidReading = Pick<DecodedCookie, 'outcome' | 'explanation' | 'key' | 'id'>

/** Whether a value looks like Flask-Session's cookie: an id of the usual length, a UUID, or a signed id. */
export const looksLikeSid = (value: string): boolean =>
  /^([\w-]{43}|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|[\w-]{22,128}\.[\w-]{27})$/.test(value)

/** Creates the decoder of Flask-Session's cookies: an id, which it does not show, and an optional signature. */
export function createFlaskSessionDecoder({ secrets }: Pick<InspectSettings, 'secrets'>): CookieDecoder {
  const signer = createSidSigner(secrets.map(toSecretBytes))

  function read(value: string): SidReading {
    // Without a key, the signature cannot be checked.
    const isSigned = value.includes('.') && secrets.length > 0
    const signed = isSigned ? signer.unsign(value) : { sid: value.split('.', 1)[0]!, key: null }
    if (signed === null) return { outcome: 'forged', explanation: unsignedExplanation, key: null, id: null }
    const { sid, key } = signed
    if (!isSid(sid)) return { outcome: 'malformed', explanation: explain('malformed'), key, id: null }
    return { outcome: 'unavailable', explanation: inRedisExplanation, key, id: sha256(sid) }
  }

  return {
    async decode({ names, values }) {
      const all = values.map((value) => ({ value, reading: read(value) }))
      const chosen = all.find(({ reading }) => reading.outcome === 'unavailable') ?? all[0]
      const none = { outcome: 'none', explanation: explain('none'), key: null, id: null } as const
      return {
        ...(chosen?.reading ?? none),
        format: 'flask-session',
        name: names.length === 1 || chosen !== undefined ? names[0]! : null,
        triedNames: names,
        value: chosen?.value ?? null,
        keyId: null,
        token: null,
        issuedAt: null,
        end: null,
        taggedJson: null,
        ambiguousParts: [],
      }
    },
  }
}

const inRedisExplanation: Explanation = {
  sentence: 'This looks like a Flask-Session id. Its session is in Redis, which inspect does not read.',
  fix: "To check whether it exists: redis-cli EXISTS session:ID. Here session: is SESSION_KEY_PREFIX, and ID is the cookie's value up to its dot, if it has one. 1 means yes, 0 means no. The id is not shown here, because it gives access to the session.",
}

const unsignedExplanation: Explanation = {
  sentence: 'This looks like a Flask-Session id, but none of these keys signed it.',
  fix: "Check that SECRET_KEY is exactly Flask's. Flask-Session does not read fallbacks: a new key signs all its users out. Otherwise the cookie was truncated or changed.",
}
