import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseTaggedJson } from '../../../src/flask/json/parse.ts'
import { formatPlainJson, parsePlainJson, splitPlainJson } from '../../../src/flask/json/plain-json.ts'
import { formatNode } from '../../../src/flask/json/ast.ts'
import { writeTaggedJson } from '../../../src/flask/json/write.ts'
import { tuple } from '../../../src/flask/python-types.ts'
import { anyKey } from '../../support/flask-cookies.ts'

const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.constantFrom(null, true, -0, 1e15, 1e16, 2 ** 53, 2 ** 53 - 1, 1e-4, 9e-5, 1e21, 0.1, NaN, 5n, undefined),
      fc.double(),
      fc.integer(),
      anyKey,
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => tuple(...items)),
    fc.dictionary(anyKey, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

it('a value that the engine writes is written as Flask would write it', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const plain = formatPlainJson(value)
      if (plain !== null) expect(plain).toBe(writeTaggedJson(value, 'x', undefined, { get: () => undefined }))
    }),
    { numRuns: 3000 },
  )
})

it('a text that the engine reads is as Flask would write it, and has no tag', () => {
  const anyText = fc.oneof(
    anyValue.map(
      (value) => JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? Number(each) : each)) ?? '',
    ),
    fc.constantFrom('1.0', '-0', '1e5', '[1e-7]', '12345678901234567', '{"b":1,"a":2}', '{"a":1,"a":2}', '[ 1]', '"é"'),
    fc.constantFrom(
      '{" t":[1]}',
      '[{" d":"x"}]',
      '{"a":{" di":{" t__":1}}}',
      '[NaN]',
      '["\\u0041"]',
      '["\\/"]',
      '[1,]',
    ),
  )
  fc.assert(
    fc.property(anyText, (text) => {
      const value = parsePlainJson(text)
      if (value !== undefined) {
        expect(formatNode(parseTaggedJson(text))).toBe(text)
        expect(text).not.toMatch(/\{" (di|[tbmud])":/)
      }
      const members = splitPlainJson(text)
      const node = members === null ? null : parseTaggedJson(text)
      if (members !== null && node?.kind !== 'dict') throw new Error(`${text} is no dict`)
      if (node?.kind === 'dict') {
        const expected = [...node.members].map(
          ([
            key,
            {
              name,
              node: { source },
            },
          ]) => [key, name, source],
        )
        expect(members).toEqual(expected)
      }
    }),
    { numRuns: 3000 },
  )
})
