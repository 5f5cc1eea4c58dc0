import fc from 'fast-check'
import { expect, it } from 'vitest'
import { poly1305 } from '../../../src/from/shared/poly1305.ts'

const read = (bytes: Uint8Array) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n)

/** RFC 8439 section 2.5, as it is written there. */
function slowTag(message: Uint8Array, key: Uint8Array): string {
  const r = read(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let start = 0; start < message.length; start += 16) {
    const block = message.subarray(start, start + 16)
    sum = ((sum + read(Uint8Array.of(...block, 1))) * r) % ((1n << 130n) - 5n)
  }
  const tag = (sum + read(key.subarray(16))) & ((1n << 128n) - 1n)
  return tag.toString(16).padStart(32, '0')
}

/** The tag in hex, highest byte first. */
const tagOf = (message: Uint8Array, key: Uint8Array) => Buffer.from(poly1305(message, key).toReversed()).toString('hex')
const bytes = (length: object) => fc.oneof(fc.uint8Array(length), fc.uint8Array({ ...length, min: 250 }))

it('poly1305 has the tag of RFC 8439 section 2.5.2', () => {
  const key = Buffer.from('85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b', 'hex')
  const tag = poly1305(Buffer.from('Cryptographic Forum Research Group'), key)
  expect(tag.toString('hex')).toBe('a8061dc1305136c6c22b8baf0c0127a9')
})

it('poly1305 has the tag of the definition for all messages and keys', () => {
  const key = bytes({ minLength: 32, maxLength: 32 })
  fc.assert(fc.property(bytes({ maxLength: 200 }), key, (message, k) => tagOf(message, k) === slowTag(message, k)))
  const highest = Buffer.alloc(8000, 0xff)
  expect(tagOf(highest, highest.subarray(0, 32))).toBe(slowTag(highest, highest.subarray(0, 32)))
})
