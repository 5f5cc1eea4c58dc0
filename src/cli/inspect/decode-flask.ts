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
import type { CookieDecoder, InspectSettings } from './decode.ts'
import type { DecodedCookie } from './types.ts'

/** What one value says. */
type FlaskReading = Pick<DecodedCookie, 'outcome' | 'token' | 'issuedAt' | 'key' | 'end' | 'taggedJson'>

const emptyReading = { token: null, issuedAt: null, key: null, end: null, taggedJson: null }

/**
 * Creates what looks into Flask's cookies. Of its keys it asks no more than Flask does.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_OPTIONS`
 */
export function createFlaskDecoder(settings: InspectSettings, userKey: string): CookieDecoder {
  const { now, idleTimeout, absoluteTimeout } = settings
  const signer = createSigner(settings.secrets.map(toSecretBytes))
  // In production the format refuses short keys. What they signed, it reads under one of its own.
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
    // However old it is: at the instant at which it was written.
    const decoded = open(seconds * 1000, 0)
    const json = decoded.outcome === 'active' ? decompress(payload) : null
    return {
      outcome: open(now, idleTimeout).outcome,
      token: decoded.outcome === 'active' ? { ...decoded.token, data: readData(json!, decoded.token, userKey) } : null,
      issuedAt: seconds * 1000,
      key,
      // Of what is ahead of the clock nothing can be said.
      end: seconds * 1000 > now ? null : { at: (seconds + idleTimeout) * 1000, by: 'idle' },
      taggedJson: json === null ? null : toFlaskJson(json),
    }
  }

  /** The words of an outcome, where for Flask's cookie there are better ones. */
  function explainReading({ outcome, end }: FlaskReading): Explanation {
    if (outcome !== 'expired' || !settings.idleIsAssumed || end === null)
      return explanations[outcome] ?? explain(outcome)
    return {
      sentence: `This session was not written for longer than the ${formatDuration(idleTimeout)} that are assumed.`,
      fix: "PERMANENT_SESSION_LIFETIME is not set here, and Flask's own default is 31 days. Set it as Flask has it, or give --max-age.",
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
        explanation: explainReading(reading),
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

/** What a session holds beside its user and whether it is permanent, by Flask's names. */
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
    fix: 'Is SECRET_KEY the one that Flask has, to the letter, and SECRET_KEY_FALLBACKS too? Flask 3.1.0 signs with the last fallback. Or it was cut short or changed, or another application on this host uses the same cookie name.',
  },
  expired: {
    sentence: 'This session ended because it was not written for longer than PERMANENT_SESSION_LIFETIME.',
    fix: 'If that is too soon, raise PERMANENT_SESSION_LIFETIME, alike in Flask and here.',
  },
  malformed: {
    sentence: 'This cookie is signed, but does not hold a session.',
    fix: 'See what else signs with this SECRET_KEY and writes to the same cookie name. Flask answers it with 500.',
  },
}
