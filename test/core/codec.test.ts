import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { jsonCodec } from '../../src/core/codec.ts'
import { leastCpuMs } from '../support/cpu-time.ts'

class Cart {
  tea = 1
}
const cycle: Record<string, unknown> = {}
cycle['self'] = { again: [cycle] }
const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown

describe('JSON that loses nothing', () => {
  it('gives back what it was given, and equal texts for equal values', () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      const text = jsonCodec.stringify(value, 'x')
      // JSON has one zero.
      expect(jsonCodec.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(jsonCodec.stringify(jsonCodec.parse(text), 'x')).toBe(text)
    })
    fc.assert(property, { numRuns: 500 })
  })

  it.each<[what: string, value: unknown, path: string]>([
    ['a Date', [{ added: 1 }, { added: 1 }, { added: new Date() }], 'cart[2].added'],
    ['a Map', { items: new Map() }, 'cart.items'],
    ['a Set', [new Set()], 'cart[0]'],
    ['NaN', { total: NaN }, 'cart.total'],
    ['Infinity', [1, -Infinity], 'cart[1]'],
    ['a function', { run: () => 1 }, 'cart.run'],
    ['toJSON', { toJSON: () => 'lost' }, 'cart.toJSON'],
    ['a symbol', { mark: Symbol('m') }, 'cart.mark'],
    ['a bigint', { count: 1n }, 'cart.count'],
    ['an instance of a class', { mine: new Cart() }, 'cart.mine'],
    ['an error', { why: new Error('x') }, 'cart.why'],
    ['a boxed text', { text: new String('x') }, 'cart.text'],
    ['bytes', { bytes: new Uint8Array(2) }, 'cart.bytes'],
    ['a regular expression', { like: /x/ }, 'cart.like'],
    ['a promise', { later: Promise.resolve() }, 'cart.later'],
    ['undefined in a list', [1, undefined], 'cart[1]'],
    ['a hole in a list', Object.assign([], { 2: 'x' }), 'cart[0]'],
    ['a cycle', cycle, 'cart.self.again[0]'],
    ['a member whose name is no identifier', { 'a b': [{ '': new Date() }] }, 'cart["a b"][0][""]'],
    ['a member named __proto__', JSON.parse('{"__proto__":{"x":1}}', (_, v) => (v === 1 ? 2n : v)), 'cart.__proto__.x'],
    ['what is nested too deeply', deep, 'nested too deeply'],
  ])('refuses %s, with its path', (_, value, path) => {
    const attempt = () => jsonCodec.stringify(value, 'cart')

    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(path) }))
  })

  it.each([() => 1, Symbol('m'), 1n, new Date(), NaN])('refuses a value that is itself %s', (value) => {
    expect(() => jsonCodec.stringify(value, 'cart')).toThrow(/session\.data\.cart holds/)
  })

  it('leaves out members that are undefined', () => {
    expect(jsonCodec.stringify({ a: undefined, b: [{ c: undefined }] }, 'x')).toBe('{"b":[{}]}')
  })

  it('refuses a path of any length without repeating all of it', () => {
    const attempt = () => jsonCodec.stringify({ ['k'.repeat(10_000)]: 1n }, 'cart')

    expect(attempt).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,500}$/) }))
  })

  // Bun's JSON keeps what is nested this deeply.
  it.skipIf(process.versions?.['bun'])(
    'refuses a megabyte within 50 ms, wherever the value is that it cannot keep',
    () => {
      const wide = `${'['.repeat(496)}${'1,'.repeat(500_000)}1${']'.repeat(496)}`
      const value: unknown = JSON.parse(`[${wide},${'['.repeat(12_000)}${']'.repeat(12_000)}]`)

      expect(
        leastCpuMs(() => expect(() => jsonCodec.stringify(value, 'cart')).toThrow('nested too deeply'), 50),
      ).toBeLessThan(50)
    },
  )

  it('says what it refuses, not what that holds', () => {
    const attempt = () => jsonCodec.stringify({ mine: Object.assign(new Cart(), { secret: 'canary' }) }, 'cart')

    expect(attempt).toThrow(/an instance of Cart/)
    expect(attempt).not.toThrow(/canary/)
  })
})
