import { describe, expect, it } from 'vitest'
import { parseTaggedJson } from '../../../src/flask/json/parse.ts'
import { formatNode } from '../../../src/flask/json/ast.ts'

describe('JSON that Python reads', () => {
  it.each([
    [' \t\r\n{ "a" : [ 1 , 2 ] } \n', '{"a":[1,2]}'],
    ['{"b":1,"a":2}', '{"a":2,"b":1}'],
    ['{"a":1,"b":3,"a":2}', '{"a":2,"b":3}'],
    ['{"\\u0061":1}', '{"a":1}'],
    ['"\\u00E9\\/\\b\\f\\n\\r\\t\\"\\\\"', '"\\u00e9/\\b\\f\\n\\r\\t\\"\\\\"'],
    ['"é😀\u007f\u2028"', '"\\u00e9\\ud83d\\ude00\\u007f\\u2028"'],
    ['"\\ud800"', '"\\ud800"'],
    ['[NaN,Infinity,-Infinity]', '[NaN,Infinity,-Infinity]'],
    ['[1E+2,1e999,-1e999,-0,-0.0,1e-5,10.50]', '[100.0,Infinity,-Infinity,0,-0.0,1e-05,10.5]'],
    ['9007199254740993', '9007199254740993'],
    ['[[],{},"",null,true,false]', '[[],{},"",null,true,false]'],
    ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1}}'],
    ['{"b":1,"\\uffff":2,"\\ud83d\\ude00":3,"\\ud800":4}', '{"b":1,"\\ud800":4,"\\uffff":2,"\\ud83d\\ude00":3}'],
  ])('%s', (text, written) => {
    expect(formatNode(parseTaggedJson(text))).toBe(written)
    expect(parseTaggedJson(text).source).toBe(text.trim())
  })
})

describe('tags', () => {
  it.each([
    ['{" t":[1,{" t":[]}]}', '{" t":[1,{" t":[]}]}'],
    ['{"\\u0020t":[1]}', '{" t":[1]}'],
    ['{" t":1," b":2}', '{" b":2," t":1}'],
    ['{" x":1}', '{" x":1}'],
    ['{" di":{" t__":1}}', '{" di":{" t__":1}}'],
    ['{" di":{" di__":{" di":{" t__":1}}}}', '{" di":{" di__":{" di":{" t__":1}}}}'],
    ['{" di":{"x__":1}}', '{"x":1}'],
    ['{" di":{"é😀😀":1}}', '{"\\u00e9":1}'],
    ['{" b":"AP8="}', '{" b":"AP8="}'],
    ['{" b":"AP9="}', '{" b":"AP8="}'],
    ['{" m":"<b>é</b>"}', '{" m":"<b>\\u00e9</b>"}'],
    [
      '[{" m":5},{" m":1e0},{" m":null},{" m":true},{" m":NaN},{" m":-Infinity},{" m":{" m":"x"}}]',
      '[{" m":"5"},{" m":"1.0"},{" m":"None"},{" m":"True"},{" m":"nan"},{" m":"-inf"},{" m":"x"}]',
    ],
    ['{" u":"{12345678-1234-5678-1234-56781234567A}"}', '{" u":"1234567812345678123456781234567a"}'],
    ['{" d":"Mon, 14 Nov 2023 22:13:20 GMT"}', '{" d":"Tue, 14 Nov 2023 22:13:20 GMT"}'],
    [
      '[{" d":"nonsense"},{" d":null},{" d":""},{" d":[]},{" d":false},{" d":"2023-11-14T22:13:20Z"}]',
      '[null,null,null,null,null,null]',
    ],
  ])('%s', (text, written) => {
    expect(formatNode(parseTaggedJson(text))).toBe(written)
  })

  it.each([
    '{" t":1}',
    '{" t":null}',
    '{" t":"abc"}',
    '{" t":{"a":1}}',
    '{" b":"YQ"}',
    '{" b":"***"}',
    '{" b":"-_-_"}',
    '{" b":5}',
    '{" b":"===="}',
    '{" u":"x"}',
    '{" u":5}',
    '{" d":5}',
    '{" d":NaN}',
    '{" d":{"a":1}}',
    '{" di":{}}',
    '{" di":[]}',
    '{" di":"ab"}',
    '{" di":{" t":[1]}}',
    '{" di":{"a__":1,"b":2}}',
    '{" m":[1]}',
    '[[{" u":""}]]',
  ])('%s is refused', (text) => {
    expect(() => parseTaggedJson(text)).toThrow(SyntaxError)
  })
})

describe('what Python refuses is refused', () => {
  it.each([
    '',
    ' ',
    '\ufeff{}',
    '{}x',
    '{} {}',
    '{"a":1,}',
    '[1,]',
    '[,]',
    '{,}',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    "{'a':1}",
    '{1:2}',
    '01',
    '-',
    '+1',
    '.5',
    '1.',
    '1.e5',
    '1e',
    '1e+',
    '0x1',
    '-01',
    '--1',
    '1_0',
    '١',
    'nan',
    'inf',
    '-NaN',
    '+Infinity',
    'nul',
    'True',
    'undefined',
    '"',
    '"\\',
    '"\\"',
    '"\\x"',
    '"\\u12"',
    '"\\u12g4"',
    '"a\nb"',
    '"a\0b"',
    '"\x1f"',
    '[',
    '{',
    '[1',
    '{"a":1',
    '{"a":1}}',
    '[1]]',
    '[1 2]',
    '/*x*/1',
    '1//x',
    '\u00a01',
    '\v1',
  ])('%j', (text) => {
    expect(() => parseTaggedJson(text)).toThrow(SyntaxError)
  })

  it('at every place where it may be cut off', () => {
    const text = '{"a":[1.5e3,{" t":["\\u00e9",null]}],"b":{" di":{" t__":true}}}'
    for (let length = 0; length < text.length; length++)
      expect(() => parseTaggedJson(text.slice(0, length))).toThrow(SyntaxError)
  })
})

describe('hostile texts', () => {
  it('have integers of 4300 digits, as Python has, and no longer ones', () => {
    for (const sign of ['', '-']) {
      const text = sign + '1'.repeat(4300)
      expect(formatNode(parseTaggedJson(text))).toBe(text)
      expect(() => parseTaggedJson(`${text}1`)).toThrow(SyntaxError)
    }
  })

  it.each([['['], ['{"a":'], ['{" t":['], ['{" di":{" t__":'], ['[[],'], ['{"a":[']])('100,000 of %s', (open) => {
    expect(() => parseTaggedJson(open.repeat(100_000))).toThrow(SyntaxError)
  })

  it('are read 900 levels deep', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(formatNode(parseTaggedJson(nested(900)))).toBe(nested(900))
    expect(() => parseTaggedJson(nested(901))).toThrow(SyntaxError)
  })

  const size = 2_000_000
  it.each([
    ['quotes', '"'.repeat(size)],
    ['backslashes', `"${'\\'.repeat(size)}`],
    ['a long text', `"${'x'.repeat(size)}"`],
    ['escapes', `"${'\\u00e9'.repeat(size / 6)}"`],
    ['digits', '1'.repeat(size)],
    ['a fraction', `1.${'1'.repeat(size)}`],
    ['an exponent', `1e${'9'.repeat(size)}`],
    ['space', ' '.repeat(size)],
    ['a list', `[${'0,'.repeat(size / 2)}0]`],
    ['empty dicts', `[${'{},'.repeat(size / 3)}0]`],
    ['keys', `{${Array.from({ length: size / 20 }, (_, index) => `"${index}":1`).join(',')}}`],
    ['one key', `{${'"a":1,'.repeat(size / 6)}"a":1}`],
    ['big integers', `[${`${'9'.repeat(4300)},`.repeat(400)}0]`],
    ['bytes', `{" b":"${'A'.repeat(size)}"}`],
    ['braces of a UUID', `{" u":"a${'{'.repeat(size)}a"}`],
    ['a date', `{" d":"${'1 '.repeat(size / 2)}"}`],
  ])('%s, 2 MB of it, take no longer than their length', (_, text) => {
    const before = performance.now()
    try {
      formatNode(parseTaggedJson(text))
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError)
    }
    expect(performance.now() - before).toBeLessThan(20_000)
  })
})
