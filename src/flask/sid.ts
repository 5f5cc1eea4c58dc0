import { createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'

/** Creates an id from this many random bytes, as Flask-Session does with `secrets.token_urlsafe`. */
export const createSid = (bytes: number): string => randomBytes(bytes).toString('base64url')

/**
 * Returns whether a text can be an id: one from `secrets.token_urlsafe`, or a UUID from an older Flask-Session. The text
 * becomes part of a Redis key, so this check stops a cookie from naming a key that is no session's.
 */
export const isSid = (text: string): boolean => /^[\w-]{1,128}$/.test(text)

/** Signs ids, and verifies signed ones. */
export interface SidSigner {
  sign(sid: string): string
  /** Returns the id and the index of the secret that signed it, or `null` if no secret did. Compares in constant time. */
  unsign(value: string): { readonly sid: string; readonly key: number } | null
}

const salt = 'flask-session'
const signatureLength = 27

/** Creates the signer for `SESSION_USE_SIGNER`. Secrets are newest first: the first one signs, and all of them verify. */
export function createSidSigner(secrets: readonly Uint8Array[]): SidSigner {
  const keys = secrets.map((secret) => createSecretKey(createHmac('sha1', secret).update(salt).digest()))
  return {
    sign: (sid) => `${sid}.${computeSignature(sid, keys[0]!)}`,
    unsign(value) {
      const end = value.lastIndexOf('.')
      const sid = value.slice(0, Math.max(0, end))
      // Compare as text, because base64url can encode the same bytes in several ways. Flask writes only one of them.
      const signature = Buffer.from(value.slice(end + 1))
      if (end === -1 || signature.length !== signatureLength) return null
      const key = keys.findIndex((each) => timingSafeEqual(signature, Buffer.from(computeSignature(sid, each))))
      return key === -1 ? null : { sid, key }
    },
  }
}

const computeSignature = (sid: string, key: KeyObject): string =>
  createHmac('sha1', key).update(sid).digest('base64url')
