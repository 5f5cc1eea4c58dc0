import { poly1305 } from '../../from/shared/poly1305.ts'
import { xsalsa20 } from '../../from/shared/xsalsa20.ts'

const polyKeyLength = 32

/**
 * Seals a box as libsodium's `crypto_secretbox_easy` (XSalsa20 and Poly1305): the tag, then the encrypted text.
 *
 * @param nonce 24 random bytes, never used twice with one key
 */
export function sealSecretbox(text: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer {
  const stream = xsalsa20(key, nonce, polyKeyLength + text.length)
  const encrypted = text.map((byte, index) => byte ^ stream[polyKeyLength + index]!)
  return Buffer.concat([poly1305(encrypted, stream.subarray(0, polyKeyLength)), encrypted])
}
