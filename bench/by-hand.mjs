import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { createCookie } from './cookies.mjs'

/**
 * A signed cookie without a library: JSON and HMAC-SHA-256, in base64url. It has no time limit and no second key. The
 * other libraries are compared with it.
 */
export function createSignedCookie() {
  const key = createSecretKey(randomBytes(32))
  const sign = (payload) => createHmac('sha256', key).update(payload).digest()
  return createCookie(
    (value) => {
      const dot = value.indexOf('.')
      const payload = value.slice(0, dot)
      const signature = Buffer.from(value.slice(dot + 1), 'base64url')
      if (signature.length !== 32 || !timingSafeEqual(signature, sign(payload))) return {}
      return JSON.parse(Buffer.from(payload, 'base64url').toString())
    },
    (data) => {
      const payload = Buffer.from(JSON.stringify(data)).toString('base64url')
      return `${payload}.${sign(payload).toString('base64url')}`
    },
  )
}

/** The same with an encrypted cookie: AES-256-GCM with a random nonce. */
export function createSealedCookie() {
  const key = createSecretKey(randomBytes(32))
  return createCookie(
    (value) => {
      const bytes = Buffer.from(value, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16))
      return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString())
    },
    (data) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(data)), cipher.final(), cipher.getAuthTag()])
      return sealed.toString('base64url')
    },
  )
}
