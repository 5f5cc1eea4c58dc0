import { randomBytes } from 'node:crypto'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compress, decompress } from '../../../src/flask/compression.ts'

const long = `{"s":"${'y'.repeat(200)}"}`
const compressed = (bytes: Uint8Array): string => `.${Buffer.from(bytes).toString('base64url')}`

describe('a payload', () => {
  it.each(['{}', '{"a":"é😀"}', long, `{"s":"${'xyz'.repeat(40_000)}"}`])('gives back what was packed', (text) => {
    expect(decompress(compress(text))).toBe(text)
  })

  it('is compressed if it has 128 bytes and that gains two, and only then', () => {
    for (let length = 0; length < 200; length++) {
      for (const text of [`{"s":"${'a'.repeat(length)}"}`, `{"s":"${randomBytes(length).toString('hex')}"}`]) {
        const gain = text.length - deflateSync(text).length
        expect(compress(text).startsWith('.')).toBe(text.length >= 128 && gain >= 2)
      }
    }
  })

  it('is compressed to the bytes that Flask writes, whatever its length', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '"', 'é'), minLength: 1, maxLength: 20 })
    const text = fc
      .tuple(fc.array(word, { minLength: 1, maxLength: 40 }), fc.integer({ min: 128, max: 40_000 }), fc.nat())
      .map(([words, length, seed]) => {
        let [text, state] = ['', seed]
        while (text.length < length) {
          state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
          text += words[(state >>> 8) % words.length]!
        }
        return text
      })
    const property = fc.property(text, (text) => {
      expect(compress(text)).toBe(compressed(deflateSync(text)))
    })
    fc.assert(property, { numRuns: 200, examples: [['ab'.repeat(64)], ['abc'.repeat(43_690)]] })
  })

  it.each([0, 1, 9])('is read at compression level %d', (level) => {
    expect(decompress(compressed(deflateSync(long, { level })))).toBe(long)
  })

  it('is read up to the end of what was compressed, as Flask reads it', () => {
    expect(decompress(compressed(Buffer.concat([deflateSync(long), Buffer.from('more')])))).toBe(long)
  })
})

describe('a payload is refused', () => {
  it.each([
    ['of raw deflate', compressed(deflateRawSync(long))],
    ['of gzip', compressed(gzipSync(long))],
    ['without its checksum', compressed(deflateSync(long).subarray(0, -4))],
    ['with another checksum', compressed(Buffer.concat([deflateSync(long).subarray(0, -1), Buffer.from([1])]))],
    ['of nothing', '.'],
    ['with two dots', '..eyJhIjoxfQ'],
    ['with padding', 'eyJhIjoxMn0='],
    ['of the other alphabet', '+/+/'],
    ['with a bit left over', 'e31'],
    ['of one character', 'A'],
    ['of what is no UTF-8', Buffer.from('7b2261223a22ff227d', 'hex').toString('base64url')],
    ['of a surrogate in UTF-8', Buffer.from('22eda08022', 'hex').toString('base64url')],
    ['of what is no UTF-8, compressed', compressed(deflateSync(Buffer.from('ff'.repeat(99), 'hex')))],
  ])('%s', (_, payload) => {
    expect(decompress(payload)).toBeNull()
  })

  it('that would become more than 128 KB', () => {
    expect(decompress(compressed(deflateSync('x'.repeat(2 ** 17))))).toHaveLength(2 ** 17)
    expect(decompress(compressed(deflateSync('x'.repeat(2 ** 17 + 1))))).toBeNull()
    expect(decompress(compressed(deflateSync(Buffer.alloc(2 ** 27))))).toBeNull()
  })

  it('wherever it is cut off', () => {
    const payload = compress(long)
    for (let length = 1; length < payload.length; length++) expect(decompress(payload.slice(0, length))).toBeNull()
  })

  it('keeps a byte order mark, which is no JSON', () => {
    expect(decompress(Buffer.from('\ufeff{}').toString('base64url'))).toBe('\ufeff{}')
  })
})
