import { randomBytes } from 'node:crypto'
import { explain, type Explanation, type Outcome } from '../../core/outcome.ts'
import { putText, type Texts } from '../../core/texts.ts'
import type { Token } from '../../core/token.ts'
import { decompress } from '../../flask/compression.ts'
import { flaskFormat } from '../../flask/cookie-format.ts'
import { readSessionMembers, toFlaskJson } from '../../flask/json/session-members.ts'
import { createSigner } from '../../flask/signature.ts'
import { toSecretBytes } from '../../formats/secrets.ts'
import { formatDuration } from '../terminal.ts'
import type { CookieDecoder, DecodedCookie, InspectSettings } from './types.ts'

/** The contents of one value. */
type FlaskReading = Pick<DecodedCookie, 'outcome' | 'token' | 'issuedAt' | 'key' | 'end' | 'taggedJson'>

const emptyReading = { token: null, issuedAt: null, key: null, end: null, taggedJson: null }

/**
 * Creates the decoder of Flask's cookies. It accepts all keys that Flask accepts, also short ones.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_OPTIONS`
 */
export function createFlaskDecoder(settings: InspectSettings, userKey: string): CookieDecoder {
  const { now, idleTimeout, absoluteTimeout } = settings
  const signer = createSigner(settings.secrets.map(toSecretBytes))
  // The format refuses short keys in production. So check their signatures here, and sign again with a key of our own.
  const ownKey = randomBytes(32)
  const ownSigner = createSigner([ownKey])
  const format = flaskFormat({ secretKey: ownKey, userKey })

  function read(value: string): FlaskReading {
    const unsigned = signer.unsign(value)
    if (unsigned.outcome !== 'signed') return { ...emptyReading, outcome: unsigned.outcome }
    const { payload, seconds, key } = unsigned
    const open = (at: number, timeout: number) =>
      format.open(ownSigner.sign(payload, seconds), {
        now: at,
        idleTimeout: timeout,
        absoluteTimeout,
        cookieName: 'session',
      })
    // Decode as of the time when it was written, so that an expired cookie opens too.
    const decoded = open(seconds * 1000, 0)
    const json = decoded.outcome === 'active' ? decompress(payload) : null
    return {
      outcome: open(now, idleTimeout).outcome,
      token: decoded.outcome === 'active' ? { ...decoded.token, data: readData(json!, decoded.token, userKey) } : null,
      issuedAt: seconds * 1000,
      key,
      // The end of a cookie from the future is unknown.
      end: seconds * 1000 > now ? null : { at: (seconds + idleTimeout) * 1000, by: 'idle' },
      taggedJson: json === null ? null : toFlaskJson(json),
    }
  }

  return {
    async decode({ names, values }) {
      const all = values.map((value) => ({ value, reading: read(value) }))
      const chosen = all.find(({ reading }) => reading.outcome === 'active') ?? all[0]
      const reading = chosen?.reading ?? { ...emptyReading, outcome: 'none' as const }
      return {
        ...reading,
        format: 'flask',
        explanation: explainReading(reading, settings),
        name: names.length === 1 || chosen !== undefined ? names[0]! : null,
        triedNames: names,
        value: chosen?.value ?? null,
        keyId: null,
        id: null,
        ambiguousParts: [],
      }
    },
  }
}

/** Explains an outcome. Some have a better explanation for Flask's cookie. */
function explainReading({ outcome, end }: FlaskReading, { idleIsAssumed, idleTimeout }: InspectSettings): Explanation {
  if (outcome !== 'expired' || !idleIsAssumed || end === null) return explanations[outcome] ?? explain(outcome)
  return {
    sentence: `This session was not written for longer than the assumed lifetime of ${formatDuration(idleTimeout)}.`,
    fix: "PERMANENT_SESSION_LIFETIME is not set here, and Flask's own default is 31 days. Set it to Flask's value, or pass --max-age.",
  }
}

/** Reads the data of a session, without the user's id and `_permanent`. */
function readData(json: string, { userId }: Token, userKey: string): Texts {
  const texts = readSessionMembers(json)?.texts ?? {}
  const data: Record<string, string> = {}
  for (const [key, text] of Object.entries(texts)) {
    if (key !== '_permanent' && (key !== userKey || userId === null)) putText(data, key, text)
  }
  return data
}

const explanations: { readonly [Each in Outcome]?: Explanation } = {
  forged: {
    sentence: 'This cookie was not signed with any of these keys.',
    fix: "Check that SECRET_KEY and SECRET_KEY_FALLBACKS are exactly Flask's. Flask 3.1.0 signs with the last fallback. Otherwise the cookie was truncated or changed, or another application on this host uses the same cookie name.",
  },
  expired: {
    sentence: 'This session ended because it was not written for longer than PERMANENT_SESSION_LIFETIME.',
    fix: 'If that is too soon, raise PERMANENT_SESSION_LIFETIME in Flask and here.',
  },
  malformed: {
    sentence: 'This cookie is signed, but does not contain a session.',
    fix: 'Find the program that signs with this SECRET_KEY and uses the same cookie name. Flask responds to this cookie with 500.',
  },
}
