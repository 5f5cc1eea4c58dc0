import { createHmac, timingSafeEqual, type BinaryLike, type KeyObject } from 'node:crypto'

/** A secret that signs cookies: a text of any length, or bytes. */
export type SigningSecret = BinaryLike | KeyObject

/** Signs a value as the package cookie-signature does: the value, a dot, and its HMAC-SHA256 as base64 without padding. */
export function signValue(value: string, secret: SigningSecret): string {
  return `${value}.${createHmac('sha256', secret).update(value).digest('base64').replace(/=+$/, '')}`
}

/** Returns the value of a signed text, or `null` if none of the secrets signed it. Compares in constant time. */
export function unsignValue(signed: string, secrets: readonly SigningSecret[]): string | null {
  const value = signed.slice(0, signed.lastIndexOf('.'))
  const given = Buffer.from(signed)
  for (const secret of secrets) {
    const expected = Buffer.from(signValue(value, secret))
    if (expected.length === given.length && timingSafeEqual(expected, given)) return value
  }
  return null
}
