import { createCipheriv, createDecipheriv, randomBytes, randomFillSync, type KeyObject } from 'node:crypto'
import type { CookieFormat } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import { readClaims, writeClaims } from './sealed-claims.ts'
import { deriveBytes, deriveKey } from './secrets.ts'

// A token is base64url of
//   version (1 byte) · key id (4) · day (2) · nonce (12) · AES-256-GCM of the claims · tag (16)
// The first three stand in clear and are bound, with the cookie's name and the audience, as associated data.
const formatVersion = 1
const nonceOffset = 7
const ciphertextOffset = 19
const tagBytes = 16
const dayMs = 24 * 3600 * 1000
const maxValueLength = 4096

/** One secret, as this format works with it: its key of each day, made once a day. */
interface Sealer {
  readonly id: number
  /** The key of a day since 1970 (UTC), and what is bound with a token that is sealed under it. */
  keyForDay(day: number, cookieName: string): { readonly key: KeyObject; readonly additionalData: Buffer }
}

/** What a sealed token is made with. */
export interface SealedOptions {
  /** Newest first, as bytes: the first seals, all of them open. */
  readonly secrets: readonly Uint8Array[]
  /** Names the application, so that another with the same secret refuses its tokens. @default '' */
  readonly audience?: string | undefined
}

/**
 * The sealed token: AES-256-GCM (NIST SP 800-38D) under a key of the day, which HKDF-SHA256 (RFC 5869) makes of a secret.
 * Random nonces of 96 bits stay within 2^32 messages a key as long as fewer than 49,700 are sealed a second.
 *
 * @throws `ERR_OPTIONS` when two secrets have the same key id.
 */
export function sealedFormat({ secrets, audience = '' }: SealedOptions): CookieFormat {
  const sealers = secrets.map((secret) => createSealer(secret, audience))
  const positions = new Map(sealers.map(({ id }, position) => [id, position]))
  if (positions.size < sealers.length) {
    throw new SojournError(
      'ERR_OPTIONS',
      'Two of the secrets have the same key id. Make another instead of one of them: npx sojourn key',
    )
  }

  return {
    name: 'sealed',
    capabilities: { hasIdentity: true, idIsSecret: false, singleCookie: false },

    open(value, context) {
      const bytes = value.length > maxValueLength ? null : Buffer.from(value, 'base64url')
      if (bytes === null || bytes.length < ciphertextOffset + tagBytes || bytes[0] !== formatVersion)
        return { outcome: 'malformed' }
      // Node decodes other spellings of the same bytes as well; we write one.
      if (bytes.toString('base64url') !== value) return { outcome: 'malformed' }

      const position = positions.get(bytes.readUInt32BE(1))
      if (position === undefined) return { outcome: 'unknown-key' }

      const day = bytes.readUInt16BE(5)
      const today = Math.floor(context.now / dayMs)
      if (day < today - Math.ceil(context.idleTimeout / (24 * 3600)) - 1) return { outcome: 'idle' }
      if (day > today + 1) return { outcome: 'forged' }

      const claims = decrypt(bytes, sealers[position]!.keyForDay(day, context.cookieName))
      return claims === null ? { outcome: 'forged' } : { outcome: 'active', token: readClaims(claims), key: position }
    },

    seal(token, context) {
      const claims = Buffer.from(writeClaims(token))
      const bytes = Buffer.allocUnsafe(ciphertextOffset + claims.length + tagBytes)
      const day = Math.floor(context.now / dayMs)
      const { key, additionalData } = sealers[0]!.keyForDay(day, context.cookieName)
      additionalData.copy(bytes, 0, 0, nonceOffset)
      fillNonce(bytes)
      const cipher = createCipheriv('aes-256-gcm', key, bytes.subarray(nonceOffset, ciphertextOffset), {
        authTagLength: tagBytes,
      })
      cipher.setAAD(additionalData).update(claims).copy(bytes, ciphertextOffset)
      cipher.final()
      cipher.getAuthTag().copy(bytes, ciphertextOffset + claims.length)
      return bytes.toString('base64url')
    },

    keysFor: (purpose) => secrets.map((secret) => deriveKey(secret, purpose)),

    createIdentity(renewed) {
      return { id: renewed?.id ?? randomBytes(16).toString('base64url'), secret: randomBytes(32).toString('base64url') }
    },
  }
}

function createSealer(secret: Uint8Array, audience: string): Sealer {
  const idBytes = deriveBytes(secret, 'sealed 1 key id', 4)
  const days = new Map<number, { key: KeyObject; additionalDataByCookie: Map<string, Buffer> }>()
  return {
    id: idBytes.readUInt32BE(),
    keyForDay(day, cookieName) {
      let entry = days.get(day)
      if (entry === undefined) {
        entry = { key: deriveKey(secret, `sealed 1 day ${day}`), additionalDataByCookie: new Map() }
        // Days are those that the idle timeout leaves open, and time goes on: the first that was added is the oldest.
        if (days.size >= 512) days.delete(days.keys().next().value!)
        days.set(day, entry)
      }
      let additionalData = entry.additionalDataByCookie.get(cookieName)
      if (additionalData === undefined) {
        const header = Buffer.from([formatVersion, ...idBytes, day >> 8, day & 0xff])
        additionalData = Buffer.concat([header, Buffer.from(`${cookieName}\0${audience}`)])
        entry.additionalDataByCookie.set(cookieName, additionalData)
      }
      return { key: entry.key, additionalData }
    },
  }
}

function decrypt(bytes: Buffer, { key, additionalData }: { key: KeyObject; additionalData: Buffer }): string | null {
  const end = bytes.length - tagBytes
  const nonce = bytes.subarray(nonceOffset, ciphertextOffset)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(additionalData).setAuthTag(bytes.subarray(end))
  const claims = decipher.update(bytes.subarray(ciphertextOffset, end))
  try {
    decipher.final()
  } catch {
    return null
  }
  return claims.toString()
}

// randomBytes costs 2 microseconds a call whatever the size: nonces are taken from a pool. They are no secret.
const noncePool = Buffer.alloc(1020)
let nextNonceOffset = noncePool.length

function fillNonce(bytes: Buffer): void {
  if (nextNonceOffset === noncePool.length) {
    randomFillSync(noncePool)
    nextNonceOffset = 0
  }
  noncePool.copy(bytes, nonceOffset, nextNonceOffset, nextNonceOffset + 12)
  nextNonceOffset += 12
}
