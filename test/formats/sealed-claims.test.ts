import { describe, expect, it } from 'vitest'
import { emptyToken, type Token } from '../../src/core/token.ts'
import { readClaims, writeClaims } from '../../src/formats/sealed-claims.ts'
import { dayLength, format, noon, token } from '../support/tokens.ts'

const identity = format.createIdentity!()
const changed = [['cart', noon - 1, '', 'digest'], ['theme', noon]] as const // prettier-ignore
const tokens: Record<string, Token> = {
  'an identity of our own': { ...token, identity },
  'an identity of another library': token,
  'nothing optional': { ...emptyToken, identity },
  'no texts in its data': { ...emptyToken, identity, data: {} },
  'all that there is': { ...token, identity, confirmedAt: noon + 9, version: 7, changed, data: { a: '"é"', b: '{}' } },
  'half of a surrogate pair': { ...token, userId: 'a\ud800', data: { '\udc00': '"\ud800"' } },
  'timeouts of its own': { ...token, idleTimeout: 1800, absoluteTimeout: 0.25 },
  'an absolute timeout alone': { ...token, identity, absoluteTimeout: 3 * 365 * 86_400 },
  'methods': { ...token, identity, methods: [['password', noon - dayLength], ['totp', noon + 9]] }, // prettier-ignore
}

describe.each(Object.entries(tokens))('claims with %s', (_, written) => {
  it('are read as they were written', () => {
    expect(readClaims(writeClaims(written))).toEqual(written)
  })
})

it('ids and secrets are written as text unless they are the only base64url of 16 and 32 bytes', () => {
  const { id, secret } = identity
  for (const other of [
    { id: `${id}A`, secret },
    { id: id.slice(1), secret },
    { id: `${id.slice(0, 21)}B`, secret },
    { id: `${id.slice(0, 21)}.`, secret },
    { id, secret: `${secret.slice(0, 42)}B` },
    { id, secret: secret.slice(1) },
    { id: '', secret: '' },
  ]) {
    expect(readClaims(writeClaims({ ...token, identity: other })).identity).toEqual(other)
  }
})
