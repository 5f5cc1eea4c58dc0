import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { decodeBase64url } from './base64url.ts'

/** Result of {@link Signer.unsign}: the payload, its Unix time in seconds and the index of the secret, or why it was rejected. */
export type UnsignResult =
  | { readonly outcome: 'signed'; readonly payload: string; readonly seconds: number; readonly key: number }
  | { readonly outcome: 'forged' | 'malformed' }

/** Signs payloads with the time, and verifies them, as itsdangerous does. */
export interface Signer {
  /** Signs a payload. `seconds` since 1970 are rounded down. */
  sign(payload: string, seconds: number): string
  /** Reads a signed value without checking its age. The outcome is `malformed` only if the signature is valid. */
  unsign(value: string): UnsignResult
}

// Flask's salt for its session cookie, and the default digest of itsdangerous.
const salt = 'cookie-session'
const digest = 'sha1'
const signatureLength = 27
// The last second that Python can represent: 9999-12-31 23:59:59.
const maxSeconds = 253402300799

/** Creates a signer. Secrets are newest first: the first one signs, and all of them verify. */
export function createSigner(secrets: readonly Uint8Array[]): Signer {
  const keys = secrets.map((secret) => createSecretKey(createHmac(digest, secret).update(salt).digest()))

  return {
    sign(payload, seconds) {
      const signed = `${payload}.${writeSeconds(Math.floor(seconds))}`
      return `${signed}.${computeSignature(signed, keys[0]!)}`
    },

    unsign(value) {
      const end = value.lastIndexOf('.')
      if (end === -1) return { outcome: 'forged' }
      const signed = value.slice(0, end)
      // Compare as text, because base64url can encode the same bytes in several ways. Flask writes only one of them.
      const signature = Buffer.from(value.slice(end + 1))
      if (signature.length !== signatureLength) return { outcome: 'forged' }
      const key = keys.findIndex((each) => timingSafeEqual(signature, Buffer.from(computeSignature(signed, each))))
      if (key === -1) return { outcome: 'forged' }

      const middle = signed.lastIndexOf('.')
      const seconds = middle === -1 ? null : readSeconds(signed.slice(middle + 1))
      if (seconds === null) return { outcome: 'malformed' }
      return { outcome: 'signed', payload: signed.slice(0, middle), seconds, key }
    },
  }
}

const computeSignature = (signed: string, key: KeyObject): string =>
  createHmac(digest, key).update(signed).digest('base64url')

// Big-endian without leading zeros: the first second of 1970 is an empty text.
function writeSeconds(seconds: number): string {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(seconds, 0, 6)
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? '' : bytes.toString('base64url', first)
}

function readSeconds(text: string): number | null {
  const bytes = decodeBase64url(text)
  if (bytes === null || bytes.length > 8) return null
  const seconds = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return seconds > maxSeconds ? null : seconds
}
