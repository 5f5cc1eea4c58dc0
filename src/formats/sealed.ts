import crypto, { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto'
import type { CookieFormat } from '../cookies/format.ts'
import { optionsError } from '../core/errors.ts'
import { createRandomIdentity, readClaims, writeClaims } from './sealed-claims.ts'
import { deriveBytes, deriveKey } from './secrets.ts'

// A token is base64url of
//   version (1 byte) · key id (4) · day (2) · nonce (12) · AES-256-GCM of the claims · tag (16)
// The key is derived from the day, the cookie's name and the audience, so that a token with others does not open. The key id
// says from which secret. Associated data would say the same, but takes 2 microseconds a token.
const formatVersion = 3
const nonceOffset = 7
const ciphertextOffset = 19
const tagBytes = 16
const cipherOptions = { authTagLength: tagBytes }
const dayMs = 24 * 3600 * 1000
const maxValueLength = 4096

/** The keys of one secret. Each cookie has its own key for each day, which is derived once. */
interface Sealer {
  readonly secret: Uint8Array
  /** The key id in tokens. */
  readonly id: number
  /** Returns the key of a cookie for a day (days since 1970, UTC). */
  keyOf(cookieName: string, day: number): DayKey
}

interface DayKey {
  readonly key: KeyObject
  /** The version, the key id and the day, with which its tokens begin. */
  readonly header: Uint8Array
}

/** Options of {@link sealedFormat}. */
export interface SealedOptions {
  /** The secrets as bytes, newest first: the first seals, all of them open. Or a function that is called for the first session. */
  readonly secrets: readonly Uint8Array[] | (() => readonly Uint8Array[])
  /** The application's name. Another application with the same secret rejects its tokens. @default '' */
  readonly audience?: string | undefined
}

/**
 * Creates the format of sealed tokens: AES-256-GCM (NIST SP 800-38D) with a key for each cookie and day, derived from a secret
 * with HKDF-SHA256 (RFC 5869). Random nonces of 96 bits allow 2^32 messages a key: about 49,700 a second, all day.
 *
 * @throws `ERR_OPTIONS` if two secrets have the same key id
 */
export function sealedFormat({ secrets, audience = '' }: SealedOptions): CookieFormat {
  let loaded: readonly Sealer[] | null = null
  const sealers = () => (loaded ??= createSealers(typeof secrets === 'function' ? secrets() : secrets, audience))
  if (typeof secrets !== 'function') sealers()

  return {
    name: 'sealed',
    capabilities: { hasIdentity: true, idIsSecret: false, singleCookie: false },
    prepare: () => void sealers(),

    open(value, context) {
      const bytes = value.length > maxValueLength ? null : Buffer.from(value, 'base64url')
      if (bytes === null || bytes.length < ciphertextOffset + tagBytes || bytes[0] !== formatVersion)
        return { outcome: 'malformed' }
      // Node's decoder accepts several texts for the same bytes. Accept only the text that we write.
      if (bytes.toString('base64url') !== value) return { outcome: 'malformed' }

      const keyId = bytes.readUInt32BE(1)
      const position = sealers().findIndex(({ id }) => id === keyId)
      if (position === -1) return { outcome: 'unknown-key' }

      const day = bytes.readUInt16BE(5)
      const today = Math.floor(context.now / dayMs)
      if (day < today - Math.ceil(context.idleTimeout / (24 * 3600)) - 1) return { outcome: 'idle' }
      if (day > today + 1) return { outcome: 'forged' }

      const claims = decrypt(bytes, sealers()[position]!.keyOf(context.cookieName, day))
      return claims === null ? { outcome: 'forged' } : { outcome: 'active', token: readClaims(claims), key: position }
    },

    seal(token, context) {
      const claims = writeClaims(token)
      const bytes = Buffer.allocUnsafe(ciphertextOffset + claims.length + tagBytes)
      const day = Math.floor(context.now / dayMs)
      const { key, header } = sealers()[0]!.keyOf(context.cookieName, day)
      for (let at = 0; at < nonceOffset; at++) bytes[at] = header[at]!
      const nonce = nextNonce()
      bytes.set(nonce, nonceOffset)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, cipherOptions)
      bytes.set(cipher.update(claims), ciphertextOffset)
      cipher.final()
      bytes.set(cipher.getAuthTag(), ciphertextOffset + claims.length)
      return bytes.toString('base64url')
    },

    keysFor: (purpose) => sealers().map(({ secret }) => deriveKey(secret, purpose)),

    createIdentity(renewed) {
      const identity = createRandomIdentity()
      return renewed === undefined ? identity : { id: renewed.id, secret: identity.secret }
    },
  }
}

/** Returns the key id of a sealed token, in hexadecimal; `null` for anything else. It identifies the key, and reveals nothing about it. */
export function readKeyId(value: string): string | null {
  const bytes = /^[\w-]{48,}$/.test(value) ? Buffer.from(value, 'base64url') : Buffer.alloc(0)
  return bytes[0] === formatVersion ? bytes.toString('hex', 1, 5) : null
}

function createSealers(secrets: readonly Uint8Array[], audience: string): readonly Sealer[] {
  const sealers = secrets.map((secret) => createSealer(secret, audience))
  if (new Set(sealers.map(({ id }) => id)).size < sealers.length)
    throw optionsError('Two of the secrets have the same key id. Replace one of them: npx sojourn key')
  return sealers
}

function createSealer(secret: Uint8Array, audience: string): Sealer {
  const idBytes = deriveBytes(secret, 'sealed 1 key id', 4)
  const days = new Map<number, Map<string, DayKey>>()
  return {
    secret,
    id: idBytes.readUInt32BE(),
    keyOf(cookieName, day) {
      let keys = days.get(day)
      if (keys === undefined) {
        // Limit the cache. The first entry is the one that was added first.
        if (days.size >= 512) days.delete(days.keys().next().value!)
        days.set(day, (keys = new Map()))
      }
      let dayKey = keys.get(cookieName)
      if (dayKey === undefined) {
        dayKey = {
          // A hash, because names have any length, and Node derives keys for purposes of up to 1,024 bytes.
          key: deriveKey(
            secret,
            `sealed 3 day ${day} ${crypto.hash('sha256', `${cookieName}\0${audience}`, 'base64url')}`,
          ),
          header: Uint8Array.of(formatVersion, ...idBytes, day >> 8, day & 0xff),
        }
        keys.set(cookieName, dayKey)
      }
      return dayKey
    },
  }
}

function decrypt(bytes: Buffer, { key }: DayKey): Buffer | null {
  const end = bytes.length - tagBytes
  const nonce = bytes.subarray(nonceOffset, ciphertextOffset)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, cipherOptions)
  decipher.setAuthTag(bytes.subarray(end))
  const claims = decipher.update(bytes.subarray(ciphertextOffset, end))
  try {
    decipher.final()
  } catch {
    return null
  }
  return claims
}

// Take nonces from a pool, because randomBytes costs 2 microseconds a call, whatever the size. Nonces are not secret.
const nonceBytes = ciphertextOffset - nonceOffset
const noncePool = Buffer.alloc(85 * nonceBytes)
let nextNonceOffset = noncePool.length

/** Returns a view of the pool, to be used before the next call. */
function nextNonce(): Buffer {
  if (nextNonceOffset === noncePool.length) {
    randomFillSync(noncePool)
    nextNonceOffset = 0
  }
  nextNonceOffset += nonceBytes
  return noncePool.subarray(nextNonceOffset - nonceBytes, nextNonceOffset)
}
