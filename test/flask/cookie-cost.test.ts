import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { flaskFormat } from '../../src/flask/cookie-format.ts'
import { createSessions } from '../../src/index.ts'
import { taggedJsonCodec } from '../../src/flask/json/tagged-json-codec.ts'
import { leastCpuMs } from '../support/cpu-time.ts'
import { day } from '../support/clock.ts'
import { flaskCookie } from '../support/flask-cookies.ts'
import { noon, secretKey } from '../support/flask-sessions.ts'

const times = 2
const repeat = (text: string, count: number, between = ',') => Array<string>(count).fill(text).join(between)
const listOf = (text: string) => (count: number) => `[${repeat(text, count)}]`
const nested = (text: string) => `${'['.repeat(390)}${text}${']'.repeat(390)}`

const randomText = createHash('shake256', { outputLength: 2000 }).digest('base64url')

const format = flaskFormat({ secretKey })
const context = { now: noon, idleTimeout: day, absoluteTimeout: day, cookieName: 'session' }
const cookieOf = (text: string) => flaskCookie(`{"list":${text}}`, secretKey, noon)
const outcomeOf = (text: string) => format.open(cookieOf(text), context).outcome

// Most of these are cookies of 100 to 600 bytes.
it.each<[what: string, textOf: (count: number) => string]>([
  ['empty dicts', listOf('{}')],
  ['numbers', listOf('1')],
  ['dicts', listOf('{"a":1}')],
  ['lists, 390 levels deep', (count) => nested(repeat('[]', count))],
  ['escapes', (count) => `["${repeat('\\u00e9', count, '')}"]`],
  ['characters', (count) => `"${'x'.repeat(count)}"`],
  ['spaces', (count) => `[1${' '.repeat(count)}]`],
  ['floats that look like integers', listOf('1.0')],
  ['exponents', listOf('1e5')],
  ['large integers', listOf('12345678901234567890')],
  ['integers of 4,300 digits', listOf('7'.repeat(4300))],
  ['tuples', listOf('{" t":[1]}')],
  ['dates', listOf('{" d":"Mon, 30 Nov 2026 12:00:00 GMT"}')],
  ['UUIDs', listOf('{" u":"0123456789abcdef0123456789abcdef"}')],
  ['escaped dicts', listOf('{" di":{" t__":1}}')],
  ['unsorted dicts', listOf('{"b":1,"a":2}')],
  ['dicts with a key twice', listOf('{"a":1,"a":2}')],
  [
    'long keys, unsorted',
    (count) =>
      `{"z":1,${repeat('', count)
        .split(',')
        .map((_, at) => `"${'k'.repeat(1000)}${count - at}":1`)
        .join(',')}}`,
  ],
  ['tuples beside 3 KB of random text', (count) => `["${randomText}",${repeat('{" t":[1]}', count)}]`],
  ['characters in a tuple, 390 levels deep', (count) => nested(`{" t":["${'x'.repeat(count)}"]}`)],
])('a Flask cookie with as many %s as are accepted takes less than 5 ms for each KB of it', (_what, textOf) => {
  const text = textOf(largest((count) => outcomeOf(textOf(count)) === 'active'))
  const cookie = cookieOf(text)
  const value = taggedJsonCodec.parse(text)
  const maxMs = 5 * Math.ceil(cookie.length / 1024)

  expect(meanMs(() => format.open(cookie, context), maxMs)).toBeLessThan(maxMs)
  expect(meanMs(() => taggedJsonCodec.parse(text), maxMs)).toBeLessThan(maxMs)
  expect(meanMs(() => expect(taggedJsonCodec.stringify(value, 'list', text) === text).toBe(true), 10)).toBeLessThan(10)
})

it.each([
  ['a board of 50 × 50 zeros', listOf(`[${repeat('0', 50)}]`)(50)],
  ['100 messages', listOf('{" t":["message","Saved"]}')(100)],
  ['100 KB of text', `"${'x'.repeat(100_000)}"`],
])('opens a Flask cookie with %s', (_what, text) => {
  expect(outcomeOf(text)).toBe('active')
})

it.each([
  ['60,000 numbers', listOf('1')(60_000)],
  ['10,000 tuples', listOf('{" t":[1]}')(10_000)],
])('refuses a Flask cookie with %s, and writes none', async (_what, text) => {
  const sessions = createSessions({ format })
  const session = await sessions.open(null)
  session.data['list'] = taggedJsonCodec.parse(text)

  expect(outcomeOf(text)).toBe('malformed')
  await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_COOKIE_TOO_BIG' })
})

/** Returns the largest number that passes, if all smaller ones pass too. */
function largest(passes: (count: number) => boolean): number {
  let failing = 2
  while (passes(failing)) failing *= 2
  let passing = failing / 2
  while (failing - passing > 1) {
    const middle = Math.floor((passing + failing) / 2)
    if (passes(middle)) passing = middle
    else failing = middle
  }
  return passing
}

const meanMs = (work: () => void, maxMs: number): number =>
  leastCpuMs(() => {
    for (let time = 0; time < times; time++) work()
  }, maxMs * times) / times
