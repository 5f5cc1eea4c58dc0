import type { CookieFormat } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import { deriveKey } from '../formats/secrets.ts'
import { maxRecordBytes } from './limits.ts'
import { createMsgpackCodec } from './msgpack/msgpack-codec.ts'
import { readSidSecrets, type SidSecretOptions } from './sid-secrets.ts'
import { createSid, createSidSigner, isSid } from './sid.ts'

/** How Flask-Session writes its cookie, and what it keeps. */
export interface FlaskSessionFormatOptions extends SidSecretOptions {
  readonly userKey: string
  readonly isJson: boolean
  /** Random bytes of a new id. */
  readonly idLength: number
}

/**
 * Flask-Session's cookie: an id, or an id and its signature, and nothing else. Whoever has the id has the session.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS`
 */
export function flaskSessionFormat(options: FlaskSessionFormatOptions): CookieFormat {
  const { useSigner, userKey, isJson, idLength } = options
  const secrets = readSidSecrets(options)
  const signer = useSigner ? createSidSigner(secrets) : null
  const codec = createMsgpackCodec(isJson)
  // Without a secret, what a form token is made of is all the secret that there is: the id.
  const csrfSecrets = secrets.length > 0 ? secrets : [Buffer.from('flask-session')]

  return {
    name: 'flask-session',
    capabilities: { hasIdentity: true, idIsSecret: true, singleCookie: true },
    cookie: { name: 'session' },
    keysFor: (purpose) => csrfSecrets.map((secret) => deriveKey(secret, purpose)),

    codec: {
      parse: codec.parse,
      stringify(value, path, came) {
        const text = codec.stringify(value, path, came)
        if (text.length > maxRecordBytes && text !== came)
          throw new SojournError(
            'ERR_DATA',
            `session.data.${path} takes more than 1 MB, which is all that a session has.`,
          )
        // A member of that name which names nobody, such as None, is data that goes back as it came.
        if ((path !== userKey && path !== '_permanent') || text === came) return text
        throw new SojournError(
          'ERR_DATA',
          `session.data.${path} is not the application's: use session.signIn(userId, { remember }).`,
        )
      },
    },

    open(value, { now }) {
      const signed = signer === null ? { sid: value, key: 0 } : signer.unsign(value)
      if (signed === null) return { outcome: 'forged' }
      const { sid, key } = signed
      if (!isSid(sid)) return { outcome: 'malformed' }
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

/** What an id alone says: nothing. The store knows the rest, and that there is none where it does not. */
const emptyToken = {
  userId: null,
  createdAt: null,
  signedInAt: null,
  remember: false,
  label: null,
  version: 0,
  data: null,
  changed: [],
} as const
