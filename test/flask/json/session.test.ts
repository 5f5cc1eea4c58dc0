import { describe, expect, it } from 'vitest'
import { toFlaskJson, readSessionMembers, writeSessionMembers } from '../../../src/flask/json/session-members.ts'

/** Reads a session, sets and unsets some of its members, and writes it. */
function changed(json: string, set: Record<string, string>, unset: readonly string[] = []): string {
  const { texts, names } = readSessionMembers(json)!
  const after = { ...texts, ...set }
  for (const key of unset) delete after[key]
  return writeSessionMembers({ texts: after, names })
}

describe('a session', () => {
  it('is read as the texts of its members', () => {
    const { texts, names } = readSessionMembers('{"b":[1.0, 2],"9":{" t":[]},"__proto__":1}')!

    expect(Object.entries(texts)).toEqual([
      ['9', '{" t":[]}'],
      ['b', '[1.0, 2]'],
      ['__proto__', '1'],
    ])
    expect([...names.keys()]).toEqual(['b', '9', '__proto__'])
  })

  it('keeps its keys sorted', () => {
    expect(changed('{"10":1,"a":2}', { '9': '3', Z: '4', '😀': '5', '\uffff': '6' })).toBe(
      '{"10":1,"9":3,"Z":4,"a":2,"\\uffff":6,"\\ud83d\\ude00":5}',
    )
    expect(changed('{}', { b: '1', a: '2' })).toBe('{"a":2,"b":1}')
  })

  it('keeps the order that is not sorted, new keys behind', () => {
    expect(changed('{"z":1,"10":2,"9":3}', { c: '4', b: '5', z: '6' }, ['10'])).toBe('{"z":6,"9":3,"c":4,"b":5}')
  })

  it('keeps its keys as they were written', () => {
    expect(changed('{"\\u00E9":1,"ü":2}', { a: '3' })).toBe('{"a":3,"\\u00E9":1,"ü":2}')
  })

  it('is escaped when it would be taken for a tagged value, and only then', () => {
    expect(readSessionMembers('{" di":{" t__":[1,2]}}')!.texts).toEqual({ ' t': '[1,2]' })
    expect(changed('{" di":{" t__":[1,2]}}', {})).toBe('{" di":{" t__":[1,2]}}')
    expect(changed('{" di":{" t__":[1,2]}}', { a: '1' })).toBe('{" t":[1,2],"a":1}')
    expect(changed('{" t":[1,2],"a":1}', {}, ['a'])).toBe('{" di":{" t__":[1,2]}}')
    expect(changed('{}', { ' di': '{" di":{" di__":1}}' })).toBe('{" di":{" di__":{" di":{" di__":1}}}}')
  })

  it.each(['{}', 'null', '[]', '""', '{" t":[]}', '{" d":"x"}'])('%s is an empty one', (json) => {
    expect(readSessionMembers(json)).toEqual({ texts: {}, names: new Map() })
    expect(toFlaskJson(json)).toBe('{}')
  })

  it.each([
    '',
    '[1]',
    '"abc"',
    '42',
    '0',
    'true',
    'false',
    '{" t":[1]}',
    '{" u":"x"}',
    '{"a":{" b":"YQ"}}',
    '{"a":1',
    '\0',
  ])('%j is none', (json) => {
    expect(readSessionMembers(json)).toBeNull()
    expect(toFlaskJson(json)).toBeNull()
  })
})
