import { createDecipheriv, pbkdf2Sync } from 'node:crypto'
import { isObject, parseJsonObject } from './json-object.ts'

/** The contents of a cookie that Rails encrypted. */
export interface RailsMessage {
  readonly data: Readonly<Record<string, unknown>>
  /** When it expires, in epoch milliseconds; `null` for a cookie that ends with the browser. */
  readonly expiresAt: number | null
  /** Differs for each message that Rails has encrypted. */
  readonly tag: string
}

/** Reads cookies of Rails' encrypted jar: AES-256-GCM. */
export interface RailsReader {
  /** Returns the contents of a cookie, or `null` for one that was forged, has expired, or is not an object in JSON. */
  read(value: string, now: number): RailsMessage | null
}

/** Rails' salt for the cookie jar's key (`authenticated_encrypted_cookie_salt`), and the iterations of its key generator. */
const cookieSalt = 'authenticated encrypted cookie'
const keyIterations = 1000

/** The digests of Rails' key generator: the one from 7.0 on, and the one of before (`hash_digest_class`). */
const digests = ['sha256', 'sha1']

/** Ciphertext, iv and tag in base64. */
const messagePattern = /^([\w+/]+={0,2})--([\w+/]+={0,2})--([\w+/]+={0,2})$/

/** @param cookieName Rails writes it into the cookie, so that no other encrypted cookie is taken for the session's */
export function createRailsReader(secrets: readonly Uint8Array[], cookieName: string): RailsReader {
  const keys = secrets.flatMap((secret) =>
    digests.map((digest) => pbkdf2Sync(secret, cookieSalt, keyIterations, 32, digest)),
  )
  return {
    read(value, now) {
      const parts =
        messagePattern
          .exec(value)
          ?.slice(1)
          .map((part) => Buffer.from(part, 'base64')) ?? []
      // Node accepts shorter tags as well, which are easier to forge.
      if (parts[1]?.length !== 12 || parts[2]?.length !== 16) return null
      const [cipher, iv, tag] = parts as [Buffer, Buffer, Buffer]
      for (const key of keys) {
        const text = decrypt(key, cipher, iv, tag)
        if (text === null) continue
        const content = readEnvelope(text, `cookie.${cookieName}`, now)
        return content === null ? null : { ...content, tag: tag.toString('base64url') }
      }
      return null
    },
  }
}

function decrypt(key: Buffer, cipher: Buffer, iv: Buffer, tag: Buffer): string | null {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(cipher), decipher.final()]).toString()
  } catch {
    return null
  }
}

/**
 * Reads `{ _rails: { message, exp, pur } }`. The message is base64 of JSON or, from other serializers, the value itself as
 * `data`.
 */
function readEnvelope(text: string, purpose: string, now: number): Omit<RailsMessage, 'tag'> | null {
  const envelope = parseJsonObject(text)?.['_rails']
  if (!isObject(envelope) || envelope['pur'] !== purpose) return null
  const { exp, message, data } = envelope
  const expiresAt = exp == null ? null : Date.parse(String(exp))
  // An unreadable date is refused too.
  if (expiresAt !== null && !(expiresAt > now)) return null
  const content = typeof message === 'string' ? parseJsonObject(Buffer.from(message, 'base64').toString()) : data
  return isObject(content) ? { data: content, expiresAt } : null
}
