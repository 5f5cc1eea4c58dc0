import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { decodeBase64url } from './base64url.ts'

/** What became of a signed value: what was signed, when (Unix seconds) and with which of the secrets, or why not. */
export type UnsignResult =
  | { readonly outcome: 'signed'; readonly payload: string; readonly seconds: number; readonly key: number }
  | { readonly outcome: 'forged' | 'malformed' }

/** Signs payloads with the time, and tells signed ones from others. */
export interface Signer {
  /** Signs a payload. `seconds` since 1970 are cut to whole ones. */
  sign(payload: string, seconds: number): string
  /** Reads a signed value; judges no age. `malformed` is said only of what a holder of a secret signed. */
  unsign(value: string): UnsignResult
}

// What Flask sets for its session cookie; the digest is what itsdangerous takes by default.
const salt = 'cookie-session'
const digest = 'sha1'
const signatureLength = 27
// Python's last second, 9999-12-31 23:59:59.
const maxSeconds = 253402300799

/** A signer with these secrets, newest first: the first signs, all of them are tried on reading. */
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
      // Compared as text, not as bytes: base64 has several spellings of one signature, and Flask writes one.
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

// Big-endian without leading zeros, so that the first second of 1970 is no byte at all.
function writeSeconds(seconds: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(seconds))
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? '' : bytes.toString('base64url', first)
}

function readSeconds(text: string): number | null {
  const bytes = decodeBase64url(text)
  if (bytes === null || bytes.length > 8) return null
  const seconds = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return seconds > maxSeconds ? null : seconds
}
