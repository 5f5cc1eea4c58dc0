import type { CookieFormat } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import { emptyToken } from '../core/token.ts'
import { deriveKey } from '../formats/secrets.ts'
import { maxRecordBytes } from './limits.ts'
import { createMsgpackCodec } from './msgpack/msgpack-codec.ts'
import { readSidSecrets, type SidSecretOptions } from './secrets.ts'
import { createSid, createSidSigner, isSid } from './sid.ts'

/** Settings for Flask-Session's cookie and for the values in its records. */
export interface FlaskSessionFormatOptions extends SidSecretOptions {
  readonly userKey: string
  readonly isJson: boolean
  /** Number of random bytes in a new id. */
  readonly idLength: number
}

/**
 * Flask-Session's cookie: an id, or an id and its signature. The id is the only credential.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS`
 */
export function flaskSessionFormat(options: FlaskSessionFormatOptions): CookieFormat {
  const { useSigner, userKey, isJson, idLength } = options
  const secrets = readSidSecrets(options)
  const signer = useSigner ? createSidSigner(secrets) : null
  const codec = createMsgpackCodec(isJson)
  // Without a SECRET_KEY, CSRF tokens are derived from the id alone, which is secret.
  const csrfSecrets = secrets.length > 0 ? secrets : [Buffer.from('flask-session')]

  return {
    name: 'flask-session',
    capabilities: { hasIdentity: true, idIsSecret: true, singleCookie: true },
    cookie: { name: 'session' },
    keysFor: (purpose) => csrfSecrets.map((secret) => deriveKey(secret, purpose)),

    codec: {
      parse: codec.parse,
      stringify(value, path, original) {
        const text = codec.stringify(value, path, original)
        if (text.length > maxRecordBytes && text !== original)
          throw new SojournError(
            'ERR_DATA',
            `session.data.${path} takes more than 1 MB, the limit for a whole session.`,
          )
        // A member with this name that identifies no user, such as None, is application data: write it back unchanged.
        if ((path !== userKey && path !== '_permanent') || text === original) return text
        throw new SojournError(
          'ERR_DATA',
          `session.data.${path} is reserved. Use session.signIn(userId, { remember }).`,
        )
      },
    },

    open(value, { now }) {
      const signed = signer === null ? { sid: value, key: 0 } : signer.unsign(value)
      if (signed === null) return { outcome: 'forged' }
      const { sid, key } = signed
      if (!isSid(sid)) return { outcome: 'malformed' }
      // The store knows everything else, also whether the session exists.
      const token = { ...emptyToken, identity: { id: sid, secret: sid }, lastSeenAt: now, confirmedAt: now }
      return { outcome: 'active', token, key }
    },

    seal({ identity }) {
      return signer === null ? identity!.id : signer.sign(identity!.id)
    },

    createIdentity() {
      const sid = createSid(idLength)
      return { id: sid, secret: sid }
    },
  }
}
