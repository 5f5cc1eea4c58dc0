import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { taggedJsonCodec } from '../../../src/flask/json/tagged-json-codec.ts'
import { isTuple, tuple } from '../../../src/flask/python-types.ts'
import { membersFromTexts, textsFromMembers } from '../../../src/flask/json/flash-texts.ts'
import { toFlaskJson, readSessionMembers, writeSessionMembers } from '../../../src/flask/json/session-members.ts'
import { anyDict, anyValue, flaskJson } from '../../support/flask-cookies.ts'

it('every value comes back as it was, and equal values give equal texts', () => {
  const property = fc.property(anyValue, (value) => {
    const text = taggedJsonCodec.stringify(value, 'x')
    // Where a key is `constructor`, expect takes that for the class.
    deepStrictEqual(taggedJsonCodec.parse(text), value)
    expect(taggedJsonCodec.stringify(copied(value), 'x')).toBe(text)
    expect(text).toMatch(/^[\x20-\x7e]*$/)
  })
  fc.assert(property, { numRuns: 1000 })
})

it('every text that Flask may have written goes back as it came', () => {
  const property = fc.property(flaskJson, (text) => {
    const read = taggedJsonCodec.parse(text)
    expect(taggedJsonCodec.stringify(read, 'x', text)).toBe(text)
    expect(taggedJsonCodec.stringify(copied(read), 'x', text)).toBe(text)
    if (typeof read === 'object' && read !== null) expect(taggedJsonCodec.stringify(read, 'x')).toBe(text)
  })
  fc.assert(property, { numRuns: 1000 })
})

it('what stands beside a change goes back as it came', () => {
  const property = fc.property(flaskJson, flaskJson, (one, other) => {
    const list = taggedJsonCodec.parse(`[${one},0,${other}]`) as unknown[]
    list[1] = 'changed'
    expect(taggedJsonCodec.stringify(list, 'x')).toBe(`[${one},"changed",${other}]`)
    const dict = taggedJsonCodec.parse(`{"a":${one},"b":0,"c":${other}}`) as Record<string, unknown>
    delete dict['b']
    dict['d'] = 1
    expect(taggedJsonCodec.stringify(dict, 'x')).toBe(`{"a":${one},"c":${other},"d":1}`)
  })
  fc.assert(property, { numRuns: 500 })
})

it('every session comes back as it was, with its messages', () => {
  const property = fc.property(anyDict(anyValue), fc.array(fc.tuple(fc.string(), fc.string())), (dict, flashes) => {
    const values = { ...dict, ...(flashes.length > 0 && { _flashes: flashes.map((pair) => tuple(...pair)) }) }
    const entries = Object.keys(values).map(
      (key) => [key, taggedJsonCodec.stringify(Reflect.get(values, key), key)] as const,
    )
    const json = writeSessionMembers({ texts: Object.fromEntries(entries), names: new Map() })
    const session = readSessionMembers(json)!
    const texts = textsFromMembers(session.texts)

    expect(new Map(Object.entries(session.texts))).toEqual(new Map(entries))
    expect(Object.keys(texts).filter((key) => key.startsWith('flash.'))).toHaveLength(flashes.length)
    expect(writeSessionMembers({ texts: membersFromTexts(texts), names: session.names })).toBe(json)
    expect(toFlaskJson(json)).toBe(json)
  })
  fc.assert(property, { numRuns: 500 })
})

/** An equal value, of which no part is the same object. */
function copied(value: unknown): unknown {
  if (isTuple(value)) return tuple(...value.map(copied))
  if (Array.isArray(value)) return value.map(copied)
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copied(member)]))
}
