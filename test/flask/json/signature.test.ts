import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSigner } from '../../../src/flask/signature.ts'

const [newest, older, oldest] = ['newest', 'older', 'oldest'].map((name) => Buffer.from(name)) as [
  Buffer,
  Buffer,
  Buffer,
]
const signer = createSigner([newest, older, oldest])
const second = 1_700_000_000
const value = signer.sign('eyJhIjoxfQ', second)

describe('a signed value', () => {
  it('opens with each of the secrets, and returns which', () => {
    for (const [key, secret] of [newest, older, oldest].entries()) {
      const signed = createSigner([secret]).sign('e30', second)
      expect(signer.unsign(signed)).toEqual({ outcome: 'signed', payload: 'e30', seconds: second, key })
    }
  })

  it('is signed with the newest', () => {
    expect(createSigner([newest]).unsign(value).outcome).toBe('signed')
    expect(createSigner([older, oldest]).unsign(value).outcome).toBe('forged')
  })

  it('is written in whole seconds', () => {
    expect(signer.sign('e30', second + 0.9)).toBe(signer.sign('e30', second))
  })

  it('keeps the dots of its payload', () => {
    expect(signer.unsign(signer.sign('.a.b', second))).toMatchObject({ payload: '.a.b' })
  })
})

describe('what nobody signed is forged', () => {
  it('every bit flipped', () => {
    const bytes = Buffer.from(value)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(signer.unsign(flipped.toString('latin1'))).toEqual({ outcome: 'forged' })
    }
  })

  it('every truncation, from either end', () => {
    for (let length = 0; length < value.length; length++) {
      expect(signer.unsign(value.slice(0, length))).toEqual({ outcome: 'forged' })
      expect(signer.unsign(value.slice(value.length - length))).toEqual({ outcome: 'forged' })
    }
  })

  it('every other spelling of the signature', () => {
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const accepted = [...last].filter((char) => signer.unsign(value.slice(0, -1) + char).outcome === 'signed')
    expect(accepted).toEqual([value.at(-1)])
    for (const end of ['=', ' ', '\0', '.', 'A']) expect(signer.unsign(value + end).outcome).toBe('forged')
    // One byte of these is the character's; one UTF-16 unit takes its place.
    const at = value.length - 5
    const wide = value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) + 0x100) + value.slice(at + 1)
    expect(signer.unsign(wide).outcome).toBe('forged')
  })

  it.each<[what: string, text: string]>([
    ['nothing', ''],
    ['a dot', '.'],
    ['dots', '...'],
    ['a word', 'garbage'],
    ['what is not ASCII', 'é.漢.😀'],
    ['NUL', '\0'],
    ['half a character', '\ud800.a.b'],
    ['1 MB', 'a'.repeat(1e6)],
    ['1 MB of dots', '.'.repeat(1e6)],
  ])('%s', (_, text) => {
    expect(signer.unsign(text)).toEqual({ outcome: 'forged' })
  })
})

describe('what was signed with another time than Flask’s is malformed', () => {
  it.each([
    ['none', 'eyJhIjoxfQ'],
    ['one character', 'eyJhIjoxfQ.A'],
    ['padded', 'eyJhIjoxfQ.ZVPxAA=='],
    ['with bits left over', 'eyJhIjoxfQ.ZVPxAB'],
    ['of nine bytes', 'eyJhIjoxfQ.AAAAAAAAAAAA'],
    ['of the year 10000', 'eyJhIjoxfQ.Ov_0QYA'],
    ['of eight bytes', 'eyJhIjoxfQ.__________8'],
    ['that is no base64', 'eyJhIjoxfQ.Z!PxAA'],
  ])('%s', (_, signed) => {
    expect(signer.unsign(resign(signed))).toEqual({ outcome: 'malformed' })
  })
})

function resign(signed: string): string {
  const derived = createHmac('sha1', newest).update('cookie-session').digest()
  return `${signed}.${createHmac('sha1', derived).update(signed).digest('base64url')}`
}
