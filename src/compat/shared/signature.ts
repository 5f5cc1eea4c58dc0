import { createHmac, type BinaryLike, type KeyObject } from 'node:crypto'
import { warnOnce } from '../../core/warn-once.ts'
import { constantTimeEqual } from '../../util/constant-time-equal.ts'

/** A secret that signs cookies: a text of any length, or bytes. */
export type SigningSecret = BinaryLike | KeyObject

/** Signs a value as the package cookie-signature does: the value, a dot, and its HMAC as base64 without padding. */
export function signValue(value: string, secret: SigningSecret, algorithm = 'sha256'): string {
  return `${value}.${createHmac(algorithm, secret).update(value).digest('base64').replace(/=+$/, '')}`
}

/** Returns the value of a signed text, or `null` if none of the secrets signed it. Compares in constant time. */
export function unsignValue(signed: string, secrets: readonly SigningSecret[], algorithm = 'sha256'): string | null {
  const value = signed.slice(0, signed.lastIndexOf('.'))
  const isValid = secrets.some((secret) => constantTimeEqual(signValue(value, secret, algorithm), signed))
  return isValid ? value : null
}

/** Warns once in production if a secret may be guessed. The libraries take secrets of any length. */
export function warnOfShortSecrets(secrets: readonly SigningSecret[]): void {
  const isShort = secrets.some((each) => typeof each === 'string' && each.length < 32)
  if (isShort && process.env['NODE_ENV'] === 'production')
    warnOnce(
      'sojourn: a secret of the session cookie has fewer than 32 characters, so it may be guessed. Put a long random one first, secret: [newSecret, oldSecret], and remove the old one when its cookies have expired.',
    )
}
