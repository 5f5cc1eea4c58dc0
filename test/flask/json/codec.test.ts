import { describe, expect, it } from 'vitest'
import { taggedJsonCodec } from '../../../src/flask/json/tagged-json-codec.ts'
import { isTuple, Markup, tuple, Uuid } from '../../../src/flask/python-types.ts'

const parse = (text: string): any => taggedJsonCodec.parse(text)
const stringify = (value: unknown, came?: string): string => taggedJsonCodec.stringify(value, 'x', came)
const uuid = '12345678-1234-5678-1234-567812345678'
const date = '{" d":"Tue, 14 Nov 2023 22:13:20 GMT"}'

describe('faces', () => {
  it.each<[text: string, face: unknown]>([
    ['null', null],
    ['true', true],
    ['-7', -7],
    ['9007199254740991', 2 ** 53 - 1],
    ['9007199254740992', 2n ** 53n],
    ['-123456789012345678901234567890', -123456789012345678901234567890n],
    ['1.5', 1.5],
    ['1e+16', 1e16],
    ['1e-05', 0.00001],
    ['1.2345678901234568e+17', 1.2345678901234568e17],
    ['-0.0', -0],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['"\\u00e9\\ud83d\\ude00\\u007f\\n/\\ud800"', 'é😀\x7f\n/\ud800'],
    ['[]', []],
    ['[1,[2]]', [1, [2]]],
    ['{"a":{"b":null}}', { a: { b: null } }],
    ['{" t":[1,{" t":[]}]}', tuple(1, tuple())],
    ['{" b":"AP8="}', Uint8Array.of(0, 255)],
    ['{" m":"<b>\\u00e9</b>"}', new Markup('<b>é</b>')],
    ['{" u":"12345678123456781234567812345678"}', new Uuid(uuid)],
    [date, new Date(Date.UTC(2023, 10, 14, 22, 13, 20))],
    ['{" di":{" t__":[1]}}', { ' t': [1] }],
    ['{" di":{" di__":{" di":{" t__":1}}}}', { ' di': { ' t': 1 } }],
    ['{" t__":1}', { ' t__': 1 }],
    ['{" b":2," t":1}', { ' t': 1, ' b': 2 }],
  ])('%s', (text, face) => {
    expect(parse(text)).toStrictEqual(face)
    expect(stringify(face)).toBe(text)
    expect(stringify(parse(text))).toBe(text)
  })

  it('are Date without milliseconds, before 1970 too', () => {
    expect(stringify(new Date(Date.UTC(2023, 10, 14, 22, 13, 20, 999)))).toBe(date)
    expect(stringify(new Date(-1))).toBe('{" d":"Wed, 31 Dec 1969 23:59:59 GMT"}')
  })

  it('are numbers of whole and of broken value, and bigints of any size', () => {
    expect(stringify([1, 1.5, 100, 1e15, 2 ** 53, 1e21, 5n, 1e-7])).toBe(
      '[1,1.5,100,1000000000000000,9007199254740992.0,1e+21,5,1e-07]',
    )
  })

  it('leave out members that are undefined', () => {
    expect(stringify({ a: undefined, b: { c: undefined }, ' t': undefined })).toBe('{"b":{}}')
    expect(stringify({ a: undefined, ' t': 1 })).toBe('{" di":{" t__":1}}')
  })

  it('keep __proto__ an own property', () => {
    const read = parse('{"__proto__":{"admin":true},"constructor":1}')
    expect(read.admin).toBeUndefined()
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor'])
    expect(stringify(read)).toBe('{"__proto__":{"admin":true},"constructor":1}')
  })

  it('sort keys by code point', () => {
    const keys = ['😀', '\uffff', 'b', '10', '9', '', 'B', '\ud800']
    const dict = Object.fromEntries(keys.map((key) => [key, 0]))
    expect(stringify(dict)).toBe('{"":0,"10":0,"9":0,"B":0,"b":0,"\\ud800":0,"\\uffff":0,"\\ud83d\\ude00":0}')
  })

  it('are tuples of a million members', () => {
    expect(parse(`{" t":[${'0,'.repeat(1e6)}0]}`)).toHaveLength(1e6 + 1)
  })
})

describe('what was not changed goes back as it came', () => {
  it.each([
    '[1.0,1e2,-0,-0.0,1E+2,1e999,"\\u00E9\\/",  "é"]',
    '{"z":1, "a":{"\\u0062":2,"a":1}}',
    '{"a":1,"a":2}',
    '{" d":"Mon, 01 Jan 0001 00:00:00 GMT"}',
    '[{" d":"nonsense"},{" d":"Tue, 14 Nov 2023 23:13:20 +0100"},{" m":5},{" b":"AP9="}]',
    `{" u":"${uuid}"}`,
    '{" di": {"x":1}}',
    '{" t":[ 1.0 ]}',
    '{"10":1,"9":2}',
    '{"9":2,"10":1}',
  ])('%s', (text) => {
    expect(stringify(parse(text), text)).toBe(text)
    if (parse(text) !== null) expect(stringify(parse(text))).toBe(text)
  })

  it.each(['1.0', '-0', '1E+2', '"\\/"', '"é"', 'null', '{" d":"nonsense"}', '1e999', '12345678901234567890'])(
    'by itself: %s',
    (text) => expect(stringify(parse(text), text)).toBe(text),
  )

  it('beside a member that was', () => {
    const read = parse('{"price":1.0,"list":[2.0, 3.0],"n":1,"who":"\\u00E9"}')
    read.n = 2
    expect(stringify(read)).toBe('{"price":1.0,"list":[2.0, 3.0],"n":2,"who":"\\u00E9"}')
  })

  it('in a list that lost its first item and got a new one', () => {
    const read = parse('[{"f":1.0},2.0,3.0,{" t":[4.0]}]')
    read.shift()
    read.push(5)
    expect(stringify(read)).toBe('[2.0,3.0,{" t":[4.0]},5]')
  })

  it('at another place', () => {
    const read = parse('{"a":{"f":1.0},"b":0}')
    read.b = [read.a]
    delete read.a
    expect(stringify(read)).toBe('{"b":[{"f":1.0}]}')
  })

  it('with its keys as they were written', () => {
    const read = parse('{"b":1,"é":2,"\\u00F6":3}')
    read.b = 2
    expect(stringify(read)).toBe('{"b":2,"é":2,"\\u00F6":3}')
  })

  it('where an equal value was put in its place', () => {
    const text = '{"a":[1.0,{"b":"\\/"}],"d":{" d":"Tue, 14 Nov 2023 23:13:20 +0100"}}'
    expect(stringify(structuredClone(parse(text)), text)).toBe(text)
    expect(stringify({ ...parse(text), e: 1 }, text)).toBe(`${text.slice(0, -1)},"e":1}`)
  })

  it('until it is changed', () => {
    const read = parse('{"f":1.0,"d":{" d":"Tue, 14 Nov 2023 23:13:20 +0100"},"b":{" b":"AP9="},"l":[1.0]}')
    read.f = 2
    read.d.setTime(0)
    read.b[0] = 1
    read.l.length = 0
    expect(stringify(read)).toBe('{"f":2,"d":{" d":"Thu, 01 Jan 1970 00:00:00 GMT"},"b":{" b":"Af8="},"l":[]}')
  })

  it('with its zero: 0.0 and -0.0 are two values', () => {
    expect(stringify([-0], '[0.0]')).toBe('[-0.0]')
    expect(stringify([0], '[-0.0]')).toBe('[0]')
    expect(stringify(0, '-0')).toBe('-0')
  })

  it('but a list in place of a tuple is a list, and a number in place of a date a number', () => {
    const [list, when] = [parse('{" t":[1.0]}'), parse(date)]
    expect(stringify([...list], '{" t":[1.0]}')).toBe('[1.0]')
    expect(stringify(tuple(1), '[1.0]')).toBe('{" t":[1.0]}')
    expect(stringify(when.getTime(), date)).toBe('1700000000000')
    expect(stringify('5', '{" m":5}')).toBe('"5"')
  })

  it('and a text in whose place it stands need not be readable', () => {
    expect(stringify([1], '{" t":5}')).toBe('[1]')
  })

  it('in the order in which it came, where that was not sorted, new members behind', () => {
    const read = parse('{"z":1,"10":2,"9":{"b":1,"a":2}}')
    read.c = 3
    read.b = 4
    read['9'].c = 5
    delete read.z
    expect(stringify(read)).toBe('{"10":2,"9":{"b":1,"a":2,"c":5},"c":3,"b":4}')
  })

  it('each read by itself: one that is changed leaves another of the same text as it was', () => {
    const [one, other] = [parse('[1.0]'), parse('[1.0]')]
    one.push(2)
    expect([stringify(one), stringify(other)]).toEqual(['[1.0,2]', '[1.0]'])
  })
})

describe('a tuple', () => {
  it('reads as an array, and stays as it was made', () => {
    const place = tuple('a', 1)
    const [letter, number]: [string, number] = [...place]

    expect([letter, number, place[0], place.length]).toEqual(['a', 1, 'a', 2])
    expect(isTuple(place)).toBe(true)
    expect(() => (place as unknown as string[]).push('b')).toThrow(TypeError)
    expect(JSON.stringify(place)).toBe('["a",1]')
  })

  it('of one number is not a list of that length', () => {
    expect(stringify(tuple(3))).toBe('{" t":[3]}')
  })

  it.each([
    ['map', (t: readonly number[]) => t.map((n) => n)],
    ['filter', (t: readonly number[]) => t.filter(() => true)],
    ['slice', (t: readonly number[]) => t.slice()],
    ['spread', (t: readonly number[]) => [...t]],
  ])('gives a list by %s', (_, copy) => {
    expect(isTuple(copy(tuple(1, 2)))).toBe(false)
    expect(stringify(copy(tuple(1, 2)))).toBe('[1,2]')
  })
})

describe('Markup and Uuid', () => {
  it('read as text', () => {
    expect(`${new Markup('<b>x</b>')}`).toBe('<b>x</b>')
    expect(JSON.stringify([new Markup('<b>'), new Uuid(uuid)])).toBe(`["<b>","${uuid}"]`)
    for (const text of [uuid.toUpperCase(), `{${uuid}}`, `urn:uuid:${uuid}`, uuid.replaceAll('-', '')]) {
      expect(`${new Uuid(text)}`).toBe(uuid)
    }
  })

  it.each(['', 'x', `${uuid}0`, 5, null, undefined])('%s is no UUID', (text) => {
    expect(() => new Uuid(text as string)).toThrow(expect.objectContaining({ code: 'ERR_DATA' }))
  })
})
