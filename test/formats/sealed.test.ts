import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FormatContext } from '../../src/cookies/format.ts'
import type { Token } from '../../src/core/token.ts'
import { sealedFormat } from '../../src/formats/sealed.ts'
import { readSecrets } from '../../src/formats/secrets.ts'
import { secret } from '../support/sessions.ts'
import { context, dayLength, format, formatOf, noon, token } from '../support/tokens.ts'

const sealed = format.seal(token, context)
const open = (value: string, changed: Partial<FormatContext> = {}, by = format) =>
  by.open(value, { ...context, ...changed })

describe('what was sealed', () => {
  it('opens as it was', () => {
    expect(open(sealed)).toEqual({ outcome: 'active', token, key: 0 })
  })

  it('opens as it was, however long its audience is', () => {
    const long = formatOf(['first'], 'https://example.com/'.repeat(200))
    expect(open(long.seal(token, context), {}, long).outcome).toBe('active')
  })

  it('opens as it was, whatever it holds', () => {
    const anyText = fc.string({
      unit: fc.constantFrom('a', '"', '\\', '\n', '\0', 'é', '漢', '😀', '\ud800', '\udc00', '{'),
    })
    const key = fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', '', 'toString', 'flash.1', '1', '\n'))
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constantFrom('', '\n', '"\n"', '\ufeff', '😀'))
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
    const instant = fc.option(time)
    const seconds = fc.double({ min: 0.001, max: 10 * 366 * 86_400, noNaN: true })
    const any: fc.Arbitrary<Token> = fc.record({
      identity: fc.oneof(
        fc.constant(null).map(() => format.createIdentity!()),
        fc.record({ id: anyText, secret: anyText }),
      ),
      userId: fc.option(anyText),
      createdAt: instant,
      signedInAt: instant,
      lastSeenAt: time,
      remember: fc.boolean(),
      label: fc.option(anyText),
      confirmedAt: instant,
      version: fc.nat(),
      data: fc.option(
        fc
          .uniqueArray(fc.tuple(key, text), { maxLength: 5, selector: ([name]) => name })
          .map((entries) => Object.assign(Object.create(null) as Record<string, string>, fromEntries(entries))),
      ),
      changed: fc.array(
        fc
          .tuple(key, time, fc.array(key, { maxLength: 3 }))
          .map(([name, at, digests]) => [name, at, ...digests] as const),
        { maxLength: 3 },
      ),
      idleTimeout: fc.option(seconds),
      absoluteTimeout: fc.option(seconds),
      methods: fc.array(fc.tuple(fc.string({ maxLength: 32 }), time), { maxLength: 8 }),
    })
    const property = fc.property(any, (each) => {
      const value = format.seal(each, context)
      expect(value).toMatch(/^[\w-]+$/)
      if (value.length > 4096) return
      const opened = open(value)
      expect(opened).toEqual({ outcome: 'active', token: each, key: 0 })
      if (opened.outcome === 'active') expect(keysOf(opened.token.data)).toEqual(keysOf(each.data))
    })
    fc.assert(property, { numRuns: 1000 })
  })

  it('takes 150 characters for a small session', () => {
    const small = { ...token, identity: format.createIdentity!(), userId: '42', data: { personId: '42' }, label: null }

    expect(format.seal({ ...small, createdAt: noon, signedInAt: noon }, context)).toHaveLength(150)
    // Two weeks later the times take more.
    expect(format.seal({ ...small, lastSeenAt: noon + 14 * dayLength }, context)).toHaveLength(174)
  })

  it('shows nothing of its claims', () => {
    const secrets = { id: 'canary-id', secret: 'canary-secret' }
    const value = format.seal(
      { ...token, identity: secrets, userId: 'canary-user', data: { 'canary-key': '"canary"' } },
      context,
    )
    const seen = value + Buffer.from(value, 'base64url').toString('latin1')

    expect(seen).not.toMatch(/canary|ada|cart/)
  })

  it('looks another way each time', () => {
    expect(format.seal(token, context)).not.toBe(format.seal(token, context))
  })
})

const fromEntries = (entries: [string, string][]) => {
  const data = Object.create(null) as Record<string, string>
  for (const [key, text] of entries) data[key] = text
  return data
}
const keysOf = (data: Token['data']) => (data === null ? null : Object.keys(data).toSorted())

describe('bound to', () => {
  it('its cookie’s name, so that a guest’s value is no user’s, and the reverse', () => {
    const asGuest = format.seal(token, { ...context, cookieName: '__Host-Http-guest' })

    expect(open(sealed, { cookieName: '__Host-Http-guest' }).outcome).toBe('forged')
    expect(open(asGuest).outcome).toBe('forged')
  })

  it('its audience, so that no other application with the same secret opens it', () => {
    const [shop, blog] = [formatOf(['first'], 'shop'), formatOf(['first'], 'blog')]
    const value = shop.seal(token, context)

    expect(open(value, {}, shop).outcome).toBe('active')
    expect(open(value, {}, blog).outcome).toBe('forged')
    expect(open(value).outcome).toBe('forged')
    expect(open(sealed, {}, shop).outcome).toBe('forged')
  })

  it('name and audience each for itself, not to what they spell together', () => {
    const value = formatOf(['first'], 'b').seal(token, { ...context, cookieName: 'a' })

    expect(open(value, { cookieName: 'ab' }, formatOf(['first'], '')).outcome).toBe('forged')
    expect(open(value, { cookieName: '' }, formatOf(['first'], 'ab')).outcome).toBe('forged')
  })

  it('its secret', () => {
    expect(open(sealed, {}, formatOf(['second'])).outcome).toBe('unknown-key')
    expect(open(sealed, {}, formatOf(['second', 'third', 'first']))).toMatchObject({ outcome: 'active', key: 2 })
  })

  it('a day: before its idle timeout could have passed and not later than tomorrow', () => {
    const of = (days: number) => open(format.seal(token, { ...context, now: noon + days * dayLength })).outcome

    expect([-9, -8, -7, 0, 1, 2].map(of)).toEqual(['idle', 'active', 'active', 'active', 'active', 'forged'])
  })
})

it('two secrets with one key id are ambiguous, and are refused', () => {
  const [bytesOfOne] = readSecrets([secret('first')], false)

  expect(() => sealedFormat({ secrets: [bytesOfOne!, bytesOfOne!] })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTIONS' }),
  )
})

it('100,000 nonces do not repeat, also across formats with the same secret', () => {
  const nonces = new Set<string>()
  let fresh = format
  for (let times = 0; times < 100_000; times++) {
    if (times % 1000 === 0) fresh = formatOf(['first'])
    nonces.add(Buffer.from(fresh.seal({ ...token, data: null }, context), 'base64url').toString('latin1', 7, 19))
  }

  expect(nonces.size).toBe(100_000)
})

it('ids and secrets are random, long enough, and safe in a key or a path', () => {
  const made = Array.from({ length: 10_000 }, () => format.createIdentity!())

  expect(new Set(made.map(({ id }) => id)).size).toBe(10_000)
  expect(new Set(made.map(({ secret: text }) => text)).size).toBe(10_000)
  for (const { id, secret: text } of made) {
    expect(id).toMatch(/^[\w-]{22}$/)
    expect(text).toMatch(/^[\w-]{43}$/)
  }
  const [first] = made
  const renewed = format.createIdentity!(first)
  expect(renewed.id).toBe(first!.id)
  expect(renewed.secret).not.toBe(first!.secret)
})
