import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMsgpackCodec } from '../../../src/flask/msgpack/msgpack-codec.ts'
import { msgpackToJson, jsonToMsgpack } from '../../../src/flask/msgpack/json-conversion.ts'
import { sourceBytes, textToBytes, bytesToText } from '../../../src/flask/msgpack/msgpack-node.ts'
import { decodeMsgpack } from '../../../src/flask/msgpack/decode.ts'
import { anyValueOfRecords, isPickle, written } from '../../support/flask-session-records.ts'

const { parse, stringify } = createMsgpackCodec(false)
const inJson = createMsgpackCodec(true)
const text = (hex: string) => bytesToText(Buffer.from(hex, 'hex'))
const hex = (encoded: string) => textToBytes(encoded).toString('hex')
const hexOf = (value: unknown) => hex(stringify(value, 'x'))

/** The least CPU time of some calls, in microseconds. */
function leastCpu(call: () => unknown): number {
  const times = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage()
    call()
    const { user, system } = process.cpuUsage(before)
    return user + system
  })
  return Math.min(...times)
}

it('is read in no more than 25 times what JSON.parse takes of the like, however many there are in it', () => {
  const list = Array.from({ length: 60_000 }, (_, at) => at % 100)
  const [encoded, json] = [stringify(list, 'x'), JSON.stringify(list)]
  expect(leastCpu(() => parse(encoded))).toBeLessThan(25 * leastCpu(() => JSON.parse(json)))
})

describe("a value of Flask-Session's", () => {
  it.each([
    [null, 'c0'],
    [true, 'c3'],
    [127, '7f'],
    [128, 'cc80'],
    [255, 'ccff'],
    [256, 'cd0100'],
    [65_536, 'ce00010000'],
    [2 ** 32, 'cf0000000100000000'],
    [2n ** 64n - 1n, 'cfffffffffffffffff'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32_769, 'd2ffff7fff'],
    [-(2n ** 63n), 'd38000000000000000'],
    [0.5, 'cb3fe0000000000000'],
    [-0, 'cb8000000000000000'],
    ['é', 'a2c3a9'],
    ['a'.repeat(32), `d920${'61'.repeat(32)}`],
    ['a'.repeat(256), `da0100${'61'.repeat(256)}`],
    [new Uint8Array([1, 2]), 'c4020102'],
    [[1, 'a'], '9201a161'],
    [{ a: 1 }, '81a16101'],
    [
      new Map<unknown, unknown>([
        [1, 'd'],
        [null, 2],
      ]),
      '8201a164c002',
    ],
    [new Date(1_700_000_000_000), 'd6ff6553f100'],
    [new Date(1_700_000_000_123), 'd7ff1d5353006553f100'],
    [new Date('9999-12-31T23:59:59Z'), 'c70cff000000000000003afff4417f'],
    [new Date(-1), 'c70cff3b8b87c0ffffffffffffffff'],
  ])('%o is written as Python writes it', (value, expected) => {
    expect(hexOf(value)).toBe(expected)
    expect(parse(text(expected))).toEqual(value)
  })

  it('comes back as it was, whatever it is', () => {
    fc.assert(
      fc.property(anyValueOfRecords(false), (value) => void expect(parse(stringify(value, 'x'))).toEqual(value)),
    )
    fc.assert(
      fc.property(anyValueOfRecords(true), (value) => {
        const encoded = inJson.stringify(value, 'x')
        const json = msgpackToJson(decodeMsgpack(textToBytes(encoded), true))
        expect(parse(bytesToText(jsonToMsgpack(json!)))).toEqual(value)
      }),
    )
  })

  it('goes back to the byte where it was read and not changed, also inside of what was', () => {
    // A list of 1.0, 2 in eight bytes, a map that begins with its second key, and an extension.
    const came = text('94cb3ff0000000000000cf000000000000000282a162a162a16101d40507')
    const list = parse(came) as unknown[]
    expect(stringify(list, 'x', came)).toBe(came)
    list.push(true)
    expect(hex(stringify(list, 'x', came))).toBe(`95${hex(came).slice(2)}c3`)
    list.unshift(0)
    expect(hex(stringify(list, 'x', came))).toBe(`9600cb3ff000000000000002${hex(came).slice(38)}c3`)
  })

  it('stays the float that it was, by itself', () => {
    const one = text('cb3ff0000000000000')
    expect(stringify(parse(one), 'x', one)).toBe(one)
    expect(hexOf(parse(one))).toBe('01')
  })

  it('keeps the milliseconds of a date that nobody changed, and what is below them', () => {
    const came = text('d7ff1d6f28006553f100')
    const date = parse(came) as Date
    expect(date.toISOString()).toBe('2023-11-14T22:13:20.123Z')
    expect(stringify(date, 'x', came)).toBe(came)
    date.setFullYear(2024)
    expect(hexOf(date)).not.toBe(hex(came))
  })

  it.each([
    [2n ** 64n, 'an integer that does not fit 64 bits'],
    [-(2n ** 63n) - 1n, 'an integer that does not fit 64 bits'],
    ['\ud800', 'half a surrogate pair'],
    [new Date(NaN), 'a Date that is invalid'],
    [new Set([1]), 'Set'],
    [() => 1, 'function'],
    [Symbol('x'), 'symbol'],
    [[undefined], 'undefined'],
    [{ a: [{ b: 2n ** 64n }] }, 'x.a[0].b'],
  ])('cannot be %o', (value, words) => {
    expect(() => stringify(value, 'x')).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(words) }),
    )
  })

  it.each([NaN, Infinity, new Date(0), new Uint8Array(1), new Map([['a', 1]])])(
    'cannot be %o in JSON, unless it came so',
    (value) => {
      expect(() => inJson.stringify([value], 'x')).toThrow(expect.objectContaining({ code: 'ERR_DATA' }))
      const came = stringify([value], 'x')
      expect(inJson.stringify(parse(came), 'x', came)).toBe(came)
    },
  )

  it('cannot hold itself, nor be deeper than 500', () => {
    const loop: unknown[] = []
    loop.push(loop)
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(() => stringify(loop, 'x')).toThrow(/a cycle/)
    expect(() => stringify(nested(501), 'x')).toThrow(/nested too deeply/)
    expect(parse(stringify(nested(499), 'x'))).toEqual(nested(499))
  })

  it.each(written.filter(([, digits]) => !isPickle(digits) && !digits.startsWith('7b')))(
    '%s: all that Flask-Session wrote is written again to the byte',
    (_, digits) => {
      const came = text(digits)
      expect(hex(stringify(parse(came), 'x', came))).toBe(digits)
    },
  )
})

describe('bytes that are no value', () => {
  it.each([
    ['nothing', ''],
    ['what is cut short', '92c0'],
    ['bytes after the end', 'c0c0'],
    ['a byte that MessagePack has not', 'c1'],
    ['an integer that stands so in memory alone', 'c1a23132'],
    ['bad UTF-8', 'a1ff'],
    ['a list of four billion', 'ddffffffff'],
    ['a map of four billion', 'dfffffffff'],
    ['a text longer than all', 'dbffffffff61'],
    ['a dict for a key', '818001'],
    ['a date of no length that there is', 'd4ff01'],
    ['a date beyond the year 9999', 'c70cff000000007fffffffffffffff'],
    ['nanoseconds of more than a second', 'd7ffffffffff00000000'],
    ['501 lists in each other', `${'91'.repeat(501)}01`],
  ])('are %s', (_, digits) => {
    expect(() => decodeMsgpack(Buffer.from(digits, 'hex'))).toThrow(/Flask-Session|encoded data was not valid/)
  })

  it('are distinguished from values, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let node
        try {
          node = decodeMsgpack(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
          expect(error).not.toBeInstanceOf(RangeError)
          return
        }
        expect(sourceBytes(node).equals(bytes)).toBe(true)
        const encoded = bytesToText(sourceBytes(node))
        expect(stringify(parse(encoded), 'x', encoded)).toBe(encoded)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('JSON', () => {
  it.each([
    '{"a":1.0,"b":-0.0,"c":1e16,"d":0.00001,"e":1e-6,"f":123456.789,"g":1000000000000000.0,"h":-0.00001234}',
    '{"é\u007f\u2028":"\\u0000\\"\\\\/\\b\\n"}',
    '{"10":1,"9":{" t":[]}}',
    '[18446744073709551615,123456789012345678901234567890]',
  ])('%s is written as Python writes it', (json) => {
    expect(msgpackToJson(decodeMsgpack(jsonToMsgpack(json), true))).toBe(json)
  })

  it.each([
    '',
    '{"a":1} x',
    '{"a":NaN}',
    '1e999',
    '"\\ud800"',
    "{'a':1}",
    '{"a":1,}',
    `${'['.repeat(501)}${']'.repeat(501)}`,
  ])('is not %s', (json) => {
    expect(() => jsonToMsgpack(json)).toThrow(SyntaxError)
  })

  it.each(['c0c4', 'd6ff6553f100', '81c001', 'cb7ff8000000000000', '91c40100'])('has no form for %s', (digits) => {
    const bytes = Buffer.from(digits.startsWith('c0c4') ? 'c40100' : digits, 'hex')
    expect(msgpackToJson(decodeMsgpack(bytes))).toBeNull()
  })
})
