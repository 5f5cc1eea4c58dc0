import { timingSafeEqual } from 'node:crypto'
import { poly1305 } from './poly1305.ts'
import { xsalsa20 } from './xsalsa20.ts'

const tagLength = 16
const polyKeyLength = 32

/**
 * Opens a box of libsodium's `crypto_secretbox_easy` (XSalsa20 and Poly1305): the tag, then the encrypted text. Node has neither.
 * Compares the tag in constant time, before it decrypts. Returns `null` if the key is another, or the box was changed.
 */
export function openSecretbox(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer | null {
  if (box.length < tagLength || nonce.length !== 24 || key.length !== 32) return null
  const encrypted = box.subarray(tagLength)
  const polyKey = xsalsa20(key, nonce, polyKeyLength)
  if (!timingSafeEqual(poly1305(encrypted, polyKey), box.subarray(0, tagLength))) return null
  const stream = xsalsa20(key, nonce, polyKeyLength + encrypted.length)
  return Buffer.from(encrypted.map((byte, index) => byte ^ stream[polyKeyLength + index]!))
}
