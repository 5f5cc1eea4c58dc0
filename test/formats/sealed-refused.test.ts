import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FormatContext } from '../../src/cookies/format.ts'
import type { Token } from '../../src/core/token.ts'
import { context, dayLength, format, noon, token } from '../support/tokens.ts'

const other: Token = { ...token, identity: { id: 'other', secret: 'other' }, userId: 'eve', data: { cart: '["oil"]' } }
const sealed = format.seal(token, context)
const bytes = Buffer.from(sealed, 'base64url')
const open = (value: string, changed: Partial<FormatContext> = {}, by = format) =>
  by.open(value, { ...context, ...changed })
const refused = /^(malformed|forged|unknown-key|idle)$/

describe('refused, and never a throw', () => {
  it('every bit flipped', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(open(flipped.toString('base64url')).outcome).toMatch(refused)
    }
  })

  it('every other character in every place', () => {
    for (let at = 0; at < sealed.length; at++) {
      for (const char of 'Aa_-+/=.% "\0é') {
        if (sealed[at] === char) continue
        expect(open(sealed.slice(0, at) + char + sealed.slice(at + 1)).outcome).toMatch(refused)
      }
    }
  })

  it('every truncation, from either end and of bytes', () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(open(sealed.slice(0, length)).outcome).toMatch(refused)
      expect(open(sealed.slice(sealed.length - length)).outcome).toMatch(refused)
    }
    for (let length = 0; length < bytes.length; length++)
      expect(open(bytes.subarray(0, length).toString('base64url')).outcome).toMatch(refused)
  })

  it('every swap of two tokens’ parts', () => {
    const another = Buffer.from(format.seal(other, context), 'base64url')
    const yesterday = Buffer.from(format.seal(token, { ...context, now: noon - dayLength }), 'base64url')
    for (const donor of [another, yesterday]) {
      const parts = [0, 1, 5, 7, 19, -16, donor.length].map((at) => (at < 0 ? donor.length + at : at))
      for (let part = 0; part + 1 < parts.length; part++) {
        for (let until = part + 1; until < parts.length; until++) {
          const mixed = Buffer.from(bytes)
          donor.copy(mixed, parts[part], parts[part]!, parts[until])
          if (mixed.equals(bytes) || mixed.equals(donor)) continue
          expect(open(mixed.toString('base64url')).outcome).toBe('forged')
        }
      }
    }
  })

  it('every cut of one token that continues as another', () => {
    const another = format.seal(other, context)
    for (let at = 1; at < sealed.length; at++) {
      const mixed = sealed.slice(0, at) + another.slice(at)
      if (mixed !== sealed && mixed !== another) expect(open(mixed).outcome).toMatch(refused)
    }
  })

  it('any bytes behind a right beginning', () => {
    const property = fc.property(fc.nat(20), fc.uint8Array({ maxLength: 300 }), (kept, rest) => {
      const value = Buffer.concat([bytes.subarray(0, kept), rest])
      expect(open(value.toString('base64url')).outcome).toMatch(refused)
    })
    fc.assert(property, { numRuns: 2000 })
  })

  it('any text', () => {
    const property = fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (value) => {
      expect(open(value).outcome).toBe('malformed')
    })
    fc.assert(property, { numRuns: 1000 })
  })

  it.each([
    ['a tag of zeros', Buffer.concat([bytes.subarray(0, -16), Buffer.alloc(16)])],
    ['no tag', bytes.subarray(0, -16)],
    ['a longer one', Buffer.concat([bytes, Buffer.alloc(1)])],
    ['no claims', Buffer.concat([bytes.subarray(0, 19), bytes.subarray(-16)])],
    ['the version before', Buffer.concat([Buffer.from([2]), bytes.subarray(1)])],
    ['the version after', Buffer.concat([Buffer.from([4]), bytes.subarray(1)])],
    ['nothing but zeros', Buffer.alloc(bytes.length)],
  ])('%s', (_, value) => {
    expect(open(value.toString('base64url')).outcome).toMatch(refused)
  })
})

describe('accepted in the one spelling that is written, and in no other', () => {
  const withBoth = (() => {
    let value = sealed
    while (!/-.*_/.test(value)) value = format.seal(token, context)
    return value
  })()

  it.each<[string, (value: string) => string]>([
    ['base64', (value) => value.replaceAll('-', '+').replaceAll('_', '/')],
    ['with + alone', (value) => value.replace('-', '+')],
    ['with padding', (value) => value + '='.repeat((4 - (value.length % 4)) % 4 || 4)],
    ['with one =', (value) => `${value}=`],
    ['with a space in front', (value) => ` ${value}`],
    ['with a space behind', (value) => `${value} `],
    ['with a line break', (value) => `${value}\n`],
    ['with a line break inside', (value) => `${value.slice(0, 76)}\r\n${value.slice(76)}`],
    ['with NUL', (value) => `${value}\0`],
    ['in quotes', (value) => `"${value}"`],
    ['percent-encoded', (value) => `%${value.charCodeAt(0).toString(16)}${value.slice(1)}`],
    ['percent-encoded padding', (value) => `${value}%3D`],
    ['upper case', (value) => value.toUpperCase()],
    ['twice', (value) => value + value],
    ['something behind a dot', (value) => `${value}.x`],
    ['behind a name', (value) => `session=${value}`],
    ['in hexadecimal', (value) => Buffer.from(value, 'base64url').toString('hex')],
    ['in full-width letters', (value) => `${String.fromCharCode(value.charCodeAt(0) + 0xfee0)}${value.slice(1)}`],
    ['shifted by 256', (value) => `${String.fromCharCode(value.charCodeAt(0) + 256)}${value.slice(1)}`],
  ])('%s', (_, respell) => {
    expect(open(withBoth)).toMatchObject({ outcome: 'active' })
    expect(open(respell(withBoth)).outcome).toMatch(refused)
  })

  it('a last character whose spare bits are set', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    let count = 0
    for (const id of ['a', 'ab', 'abc']) {
      const value = format.seal({ ...token, identity: { id, secret: '' } }, context)
      for (const last of alphabet) {
        if (last === value.at(-1)) continue
        const respelt = value.slice(0, -1) + last
        if (Buffer.from(respelt, 'base64url').equals(Buffer.from(value, 'base64url'))) count++
        expect(open(respelt).outcome).toMatch(/malformed|forged/)
      }
    }
    expect(count).toBeGreaterThan(0)
  })
})
