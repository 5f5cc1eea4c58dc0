import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { openSecretbox } from '../../../src/from/shared/secretbox.ts'

const sodium = createRequire(import.meta.url)('sodium-native')

function boxOf(text: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer {
  const box = Buffer.alloc(text.length + 16)
  sodium.crypto_secretbox_easy(box, text, nonce, key)
  return box
}

describe('a box of libsodium', () => {
  const lengths = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 97, 128, 1000, 4096]
  const made = () => ({ nonce: randomBytes(24), key: randomBytes(32) })

  it.each(lengths)('of %d bytes opens', (length) => {
    for (let round = 0; round < 20; round++) {
      const { nonce, key } = made()
      const text = randomBytes(length)
      expect(openSecretbox(boxOf(text, nonce, key), nonce, key)).toEqual(text)
    }
  })

  it('opens if its text is all ones, which makes the longest carries', () => {
    const { nonce, key } = made()
    const text = Buffer.alloc(512, 0xff)
    expect(openSecretbox(boxOf(text, nonce, key), nonce, key)).toEqual(text)
  })

  it('does not open if a bit of it, of its nonce or of its key is another', () => {
    const { nonce, key } = made()
    const box = boxOf(randomBytes(50), nonce, key)
    for (const bytes of [box, nonce, key])
      for (let bit = 0; bit < bytes.length * 8; bit += 5) {
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        expect(openSecretbox(box, nonce, key)).toBeNull()
        bytes[bit >> 3]! ^= 1 << (bit & 7)
      }
    expect(openSecretbox(box, nonce, key)).not.toBeNull()
  })

  it('does not open if it is too short, or the nonce or the key has another length', () => {
    const { nonce, key } = made()
    const box = boxOf(Buffer.from('text'), nonce, key)
    for (const length of [0, 15, 16, 19]) expect(openSecretbox(box.subarray(0, length), nonce, key)).toBeNull()
    expect(openSecretbox(box, nonce.subarray(1), key)).toBeNull()
    expect(openSecretbox(box, nonce, key.subarray(1))).toBeNull()
  })
})
