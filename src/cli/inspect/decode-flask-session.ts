import { explain, type Explanation } from '../../core/outcome.ts'
import { createSidSigner, isSid } from '../../flask/sid.ts'
import { toSecretBytes } from '../../formats/secrets.ts'
import { sha256 } from '../../util/sha256.ts'
import type { CookieDecoder, InspectSettings } from './decode.ts'
import type { DecodedCookie } from './types.ts'

/** What one value says. */
type SidReading = Pick<DecodedCookie, 'outcome' | 'explanation' | 'key' | 'id'>

/** Whether a value looks like Flask-Session's cookie: an id of the usual length, one of its UUIDs, or any id with a signature. */
export const looksLikeSid = (value: string): boolean =>
  /^([\w-]{43}|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|[\w-]{22,128}\.[\w-]{27})$/.test(value)

/** Creates what looks into Flask-Session's cookies: an id, which it does not show, and perhaps a signature. */
export function createFlaskSessionDecoder({ secrets }: Pick<InspectSettings, 'secrets'>): CookieDecoder {
  const signer = createSidSigner(secrets.map(toSecretBytes))

  function read(value: string): SidReading {
    // Without a key the signature tells nothing.
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
  sentence:
    'This looks like an id of Flask-Session. It holds nothing itself: its session is in Redis, which inspect does not ask.',
  fix: 'Whether it is there, Redis tells: redis-cli EXISTS session:ID, where session: is SESSION_KEY_PREFIX, and ID the value of this cookie, up to its dot if it has one. 1 is yes, 0 is no. Whoever has the id has the session, so it is not shown here.',
}

const unsignedExplanation: Explanation = {
  sentence: 'This looks like an id of Flask-Session, and none of these keys has signed it.',
  fix: 'Is SECRET_KEY the one that Flask has, to the letter? Flask-Session reads no fallbacks: there, a new key signs everybody out. Or it was cut short or changed.',
}
