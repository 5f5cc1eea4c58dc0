import { createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'

/** The random bytes of a new id, as Flask-Session makes one: `secrets.token_urlsafe`. */
export const createSid = (bytes: number): string => randomBytes(bytes).toString('base64url')

/**
 * Whether a text may be an id: what Flask-Session makes, and the UUIDs that it made. A cookie's text becomes part of a key,
 * and names no other key than one of a session.
 */
export const isSid = (text: string): boolean => /^[\w-]{1,128}$/.test(text)

/** Signs ids, and tells signed ones from others. */
export interface SidSigner {
  sign(sid: string): string
  /** What was signed, and with which of the secrets; `null` where none of them did. In constant time. */
  unsign(value: string): { readonly sid: string; readonly key: number } | null
}

const salt = 'flask-session'
const signatureLength = 27

/** A signer as of `SESSION_USE_SIGNER`, with these secrets, newest first: the first signs, all of them are tried on reading. */
export function createSidSigner(secrets: readonly Uint8Array[]): SidSigner {
  const keys = secrets.map((secret) => createSecretKey(createHmac('sha1', secret).update(salt).digest()))
  return {
    sign: (sid) => `${sid}.${computeSignature(sid, keys[0]!)}`,
    unsign(value) {
      const end = value.lastIndexOf('.')
      const sid = value.slice(0, Math.max(0, end))
      // Compared as text, not as bytes: base64 has several spellings of one signature, and Flask writes one.
      const signature = Buffer.from(value.slice(end + 1))
      if (end === -1 || signature.length !== signatureLength) return null
      const key = keys.findIndex((each) => timingSafeEqual(signature, Buffer.from(computeSignature(sid, each))))
      return key === -1 ? null : { sid, key }
    },
  }
}

const computeSignature = (sid: string, key: KeyObject): string =>
  createHmac('sha1', key).update(sid).digest('base64url')
