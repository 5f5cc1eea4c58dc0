import { describe, expect, it } from 'vitest'
import { randomBytes } from 'node:crypto'
import { deriveBytes, readSecrets, readSecretsFromEnv, type Secret } from '../../src/formats/secrets.ts'
import { secret } from '../support/sessions.ts'

const read = (secrets: unknown, production = true) => readSecrets(secrets as Secret[], production)
const good = secret('good')
const coded = (code: string, message = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

describe('secrets', () => {
  it.each<[string, unknown, string]>([
    ['no list', undefined, 'ERR_OPTIONS'],
    ['one text and no list', good, 'ERR_OPTIONS'],
    ['an empty list', [], 'ERR_SECRET_MISSING'],
    ['a missing one', [undefined], 'ERR_SECRET_MISSING'],
    ['null', [null], 'ERR_SECRET_MISSING'],
    ['an empty one', [''], 'ERR_SECRET_MISSING'],
    ['a missing one behind a good one', [good, undefined], 'ERR_SECRET_MISSING'],
    ['an empty one behind a good one', [good, ''], 'ERR_SECRET_MISSING'],
    ['31 bytes', ['x7Kq2-vR9xTz'.padEnd(31, 'ab3d')], 'ERR_SECRET_WEAK'],
    ['no bytes', [new Uint8Array(0)], 'ERR_SECRET_MISSING'],
    ['a weak one behind a good one', [good, 'short'], 'ERR_SECRET_WEAK'],
    ['a number', [42], 'ERR_OPTIONS'],
    ['an object', [{ key: good }], 'ERR_OPTIONS'],
    ['an ArrayBuffer', [new ArrayBuffer(32)], 'ERR_OPTIONS'],
    ['the same one twice', [good, good], 'ERR_OPTIONS'],
    ['the same one twice, as text and as bytes', [good, Buffer.from(good)], 'ERR_OPTIONS'],
  ])('%s: refused, in development too', (_, secrets, code) => {
    expect(() => read(secrets, true)).toThrow(coded(code))
    expect(() => read(secrets, false)).toThrow(coded(code))
  })

  it('say what to do about it, and never what they are', () => {
    expect(() => read(['canary'])).toThrow(coded('ERR_SECRET_WEAK', /6 bytes.*32.*npx sojourn key/))
    expect(() => read(['canary'])).not.toThrow(/canary/)
    expect(() => read([good, 'canary'])).toThrow(/SECRET_KEY_FALLBACKS/)
    expect(() => read([])).toThrow(
      /start with: node --env-file=\.env server\.mjs \(or load it as your application does\)$/,
    )
  })

  it.each([
    'dev-secret-key-change-in-production',
    'DEV_SECRET_KEY_CHANGE_IN_PRODUCTION_',
    'changeme-changeme-changeme-changeme',
    'change-me-change-me-change-me-change-me',
    'your-secret-key-goes-here-your-secret-key',
    'your-super-secret-key-at-least-32-characters',
    'complex_password_at_least_32_characters_long',
    'keyboard cat keyboard cat keyboard cat',
    'this-is-an-insecure-key-do-not-use-it',
    'supersecretsupersecretsupersecretsuper',
    'replace-this-with-a-long-random-string',
    'a'.repeat(64),
    '0'.repeat(64),
    'abababababababababababababababababab',
  ])('%j is one that anybody can look up or guess: refused in production', (known) => {
    expect(() => read([known], true)).toThrow(coded('ERR_SECRET_WEAK', /production/))
    expect(() => read([good, known], true)).toThrow(coded('ERR_SECRET_WEAK'))
    expect(() => read([known], false)).not.toThrow()
  })

  it('that are random are accepted, as hexadecimal, base64 and bytes, always', () => {
    for (let times = 0; times < 3000; times++) {
      const bytes = randomBytes(32)
      expect(() =>
        read([bytes, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')]),
      ).not.toThrow()
    }
  })

  it('count in bytes, not in characters', () => {
    expect(() => read(['漢字のカギはここに'.padEnd(14, 'x')])).not.toThrow()
    expect(() => read(['é'.repeat(15)], false)).toThrow(coded('ERR_SECRET_WEAK', /30 bytes/))
    expect(() => read(['é'.repeat(16)], false)).not.toThrow()
  })

  it('are taken as they were given, whatever becomes of the bytes afterwards', () => {
    const given = Buffer.from(good)
    const [taken] = read([given])
    given.fill(0)

    expect(Buffer.from(taken!).toString()).toBe(good)
  })
})

describe('out of the environment', () => {
  const [a, b, c] = [secret('a'), secret('b'), secret('c')]

  it.each<[string, Record<string, string | undefined>, string[] | null]>([
    ['none', {}, null],
    ['an empty one', { SECRET_KEY: '', SECRET_KEY_FALLBACKS: '' }, null],
    ['one', { SECRET_KEY: a }, [a]],
    ['one and an empty list', { SECRET_KEY: a, SECRET_KEY_FALLBACKS: '[]' }, [a]],
    ['fallbacks as JSON', { SECRET_KEY: a, SECRET_KEY_FALLBACKS: JSON.stringify([b, c]) }, [a, b, c]],
    [
      'fallbacks as JSON with spaces around',
      { SECRET_KEY: a, SECRET_KEY_FALLBACKS: ` ${JSON.stringify([b])}\n` },
      [a, b],
    ],
    ['fallbacks with commas', { SECRET_KEY: a, SECRET_KEY_FALLBACKS: `${b},${c}` }, [a, b, c]],
    [
      'fallbacks with spaces and a comma too many',
      { SECRET_KEY: a, SECRET_KEY_FALLBACKS: ` ${b} , ,${c}, ` },
      [a, b, c],
    ],
    ['one fallback', { SECRET_KEY: a, SECRET_KEY_FALLBACKS: b }, [a, b]],
    ['a fallback as JSON with a comma in it', { SECRET_KEY: a, SECRET_KEY_FALLBACKS: '["x,y"]' }, [a, 'x,y']],
  ])('%s', (_, env, secrets) => {
    expect(readSecretsFromEnv(env)).toEqual(secrets)
  })

  it.each([['["a"'], ['[1]'], ['[""]'], ['[null]'], ['[["a"]]'], ['[{}]']])('%s is no list of secrets', (fallbacks) => {
    const attempt = () => readSecretsFromEnv({ SECRET_KEY: a, SECRET_KEY_FALLBACKS: fallbacks })

    expect(attempt).toThrow(coded('ERR_OPTIONS', /SECRET_KEY_FALLBACKS/))
  })

  it('fallbacks without a key are a mistake, not a reason to make one', () => {
    expect(() => readSecretsFromEnv({ SECRET_KEY_FALLBACKS: b })).toThrow(coded('ERR_SECRET_MISSING'))
    expect(() => readSecretsFromEnv({ SECRET_KEY: '', SECRET_KEY_FALLBACKS: `["${b}"]` })).toThrow(
      coded('ERR_SECRET_MISSING'),
    )
  })

  it('a mistake in them is reported without repeating them', () => {
    expect(() => readSecretsFromEnv({ SECRET_KEY: a, SECRET_KEY_FALLBACKS: '["canary"' })).not.toThrow(/canary/)
  })
})

it('a key of one purpose opens nothing of another purpose, nor of another secret', () => {
  const [one, other] = readSecrets([secret('one'), secret('other')], false)
  const keys = [
    deriveBytes(one!, 'csrf 1', 32),
    deriveBytes(one!, 'sealed 1 day 1', 32),
    deriveBytes(one!, 'sealed 1 day 2', 32),
    deriveBytes(one!, 'sealed 1 key id', 32),
    deriveBytes(other!, 'csrf 1', 32),
  ].map((key) => key.toString('hex'))

  expect(new Set(keys).size).toBe(keys.length)
  expect(keys).not.toContain(Buffer.from(one!).toString('hex'))
})
