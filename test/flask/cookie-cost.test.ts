import { expect, it } from 'vitest'
import { flaskFormat } from '../../src/flask/cookie-format.ts'
import { taggedJsonCodec } from '../../src/flask/json/tagged-json-codec.ts'
import { leastCpuMs } from '../support/cpu-time.ts'
import { day } from '../support/clock.ts'
import { flaskCookie } from '../support/flask-cookies.ts'
import { noon, secretKey } from '../support/flask-sessions.ts'

const times = 10
const repeat = (text: string, count: number, between = ',') => Array<string>(count).fill(text).join(between)

// Almost 128 KB each, and as cookies 250 to 550 bytes.
it.each<[what: string, text: string]>([
  ['empty dicts', `[${repeat('{}', 43_000)}]`],
  ['numbers', `[${repeat('1', 64_000)}]`],
  ['dicts', `[${repeat('{"a":1}', 16_000)}]`],
  ['lists, 390 levels deep', `${'['.repeat(390)}${repeat('[]', 42_000)}${']'.repeat(390)}`],
  ['escapes', `["${repeat('\\u00e9', 21_000, '')}"]`],
  ['one text', `"${'x'.repeat(130_000)}"`],
])('a cookie of a few hundred bytes that holds 128 KB of %s is cheap to open, to read and to keep', (_what, text) => {
  const cookie = flaskCookie(`{"list":${text}}`, secretKey, noon)
  const format = flaskFormat({ secretKey })
  const context = { now: noon, idleTimeout: day, absoluteTimeout: day, cookieName: 'session' }
  const value = taggedJsonCodec.parse(text)

  expect(cookie.length).toBeLessThan(600)
  expect(meanMs(() => expect(format.open(cookie, context).outcome).toBe('active'))).toBeLessThan(5)
  expect(meanMs(() => taggedJsonCodec.parse(text))).toBeLessThan(10)
  expect(meanMs(() => expect(taggedJsonCodec.stringify(value, 'list', text) === text).toBe(true))).toBeLessThan(10)
})

const meanMs = (work: () => void): number =>
  leastCpuMs(() => {
    for (let time = 0; time < times; time++) work()
  }) / times
