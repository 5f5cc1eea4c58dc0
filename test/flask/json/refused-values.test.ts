import { describe, expect, it } from 'vitest'
import { taggedJsonCodec } from '../../../src/flask/json/tagged-json-codec.ts'
import { tuple } from '../../../src/flask/python-types.ts'

class Cart {
  secret = 'canary'
}
const cycle: Record<string, unknown> = {}
cycle['self'] = { again: [cycle] }
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
const refusal = (path: string) =>
  expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(`session.data.${path} holds `) })

describe('what Flask has no value for is refused, with its path', () => {
  it.each<[what: string, value: unknown, path: string]>([
    ['a Map', { items: new Map() }, 'cart.items'],
    ['a Set', [new Set()], 'cart[0]'],
    ['a function', { run: () => 1 }, 'cart.run'],
    ['toJSON', { toJSON: () => 'lost' }, 'cart.toJSON'],
    ['a symbol', { mark: Symbol('m') }, 'cart.mark'],
    ['an instance of a class', { mine: new Cart() }, 'cart.mine'],
    ['a boxed text', { text: new String('x') }, 'cart.text'],
    ['a buffer', { bytes: new ArrayBuffer(2) }, 'cart.bytes'],
    ['another typed array', { bytes: new Uint16Array(2) }, 'cart.bytes'],
    ['undefined in a list', [1, undefined], 'cart[1]'],
    ['undefined in a tuple', tuple(undefined), 'cart[0]'],
    ['a hole in a list', Object.assign([], { 2: 'x' }), 'cart[0]'],
    ['a cycle', cycle, 'cart.self.again[0]'],
    ['a member whose name is no identifier', { 'a b': [{ '': new Map() }] }, 'cart["a b"][0][""]'],
    ['a date that is none', [new Date(NaN)], 'cart[0]'],
    ['a date after 9999', [new Date(253402300800_000)], 'cart[0]'],
    ['a date before 100', [new Date(-59_011_459_201_000)], 'cart[0]'],
    ['an integer of 4301 digits', { n: [-(10n ** 4300n)] }, 'cart.n[0]'],
    ['undefined itself', undefined, 'cart'],
  ])('%s', (_, value, path) => {
    expect(() => taggedJsonCodec.stringify(value, 'cart')).toThrow(refusal(path))
  })

  it('what is nested more than 400 levels deep', () => {
    expect(taggedJsonCodec.stringify(nested(400), 'cart')).toHaveLength(800)
    for (const levels of [401, 100_000]) {
      expect(() => taggedJsonCodec.stringify(nested(levels), 'cart')).toThrow(/nested too deeply/)
    }
  })

  it('counting two for a tuple and for a dict that is escaped, as in the text', () => {
    const ofTuples = (levels: number): unknown => (levels === 0 ? 1 : tuple(ofTuples(levels - 1)))
    const ofDicts = (levels: number): unknown => (levels === 0 ? 1 : { ' t': ofDicts(levels - 1) })
    for (const made of [ofTuples, ofDicts]) {
      expect(taggedJsonCodec.stringify(made(200), 'cart')).toMatch(/1[}\]]{400}$/)
      expect(() => taggedJsonCodec.stringify(made(201), 'cart')).toThrow(/nested too deeply/)
    }
  })

  it('but not what came that deep', () => {
    const text = '['.repeat(899) + ']'.repeat(899)
    expect(taggedJsonCodec.stringify(taggedJsonCodec.parse(text), 'cart')).toBe(text)
  })

  it('in words that say what it is, not what it holds', () => {
    const attempt = () => taggedJsonCodec.stringify({ mine: new Cart() }, 'cart')
    expect(attempt).toThrow(/an instance of Cart, which Flask cannot encode/)
    expect(attempt).not.toThrow(/canary/)
  })

  it('and one value in two places is no cycle', () => {
    const one = [1]
    expect(taggedJsonCodec.stringify([one, one], 'cart')).toBe('[[1],[1]]')
  })
})
