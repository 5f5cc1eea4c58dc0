import { describe, expect, it } from 'vitest'
import { taggedJsonCodec } from '../../../src/flask/json/tagged-json-codec.ts'
import { compress, decompress } from '../../../src/flask/compression.ts'
import { formatHttpDate, parseHttpDate } from '../../../src/flask/json/http-date.ts'
import { toFlaskJson, readSessionMembers, writeSessionMembers } from '../../../src/flask/json/session-members.ts'
import { createSigner } from '../../../src/flask/signature.ts'
import { open, primitives, secretsOf, vectors } from '../../support/flask-cookies.ts'

const outcomes = { valid: 'active', 'bad-signature': 'forged', expired: 'expired', malformed: 'malformed' }
const refusedByUs = ['forged', 'malformed']
const judged = (vector: (typeof vectors)[number]) => open(vector.cookie, secretsOf(vector), vector.now, vector.maxAge)
const valid = vectors.filter((vector) => judged(vector).outcome === 'active')
const written = vectors.filter((vector) => vector.writer)

/** What the library does with a session in which nothing changed: every value read, and written again. */
function rewritten(json: string): string {
  const session = readSessionMembers(json)!
  const texts = Object.entries(session.texts).map(([key, text]) => {
    return [key, taggedJsonCodec.stringify(taggedJsonCodec.parse(text), key, text)] as const
  })
  return writeSessionMembers({ texts: Object.fromEntries(texts), names: session.names })
}

describe('cookies that Flask judged', () => {
  it.each(vectors)('$id is $expected', (vector) => {
    const { outcome } = judged(vector)
    if (vector.strictMayReject && outcome !== 'active') expect(refusedByUs).toContain(outcome)
    else expect(outcome).toBe(outcomes[vector.expected])
  })

  it('are all told from each other', () => {
    expect(vectors.length).toBeGreaterThan(150)
    expect(valid.length).toBeGreaterThan(80)
  })

  it.each(valid)('$id holds the JSON that was signed', (vector) => {
    expect(judged(vector).json).toBe(vector.taggedJson)
  })

  it.each(valid)('$id reads as Flask reads it', (vector) => {
    const { json } = judged(vector)
    // Flask is told not to sort, by a setting of the application.
    const expected = vector.id === 'w-sort-keys-off' ? '{"a":2,"z":1}' : vector.readBackTaggedJson
    expect(toFlaskJson(json!)).toBe(vector.id === 'w-ensure-ascii-off' ? '{"s":"\\u00e9\\ud83d\\ude00"}' : expected)
  })
})

describe('cookies that Flask wrote', () => {
  it.each(written)('$id is written to the byte', (vector) => {
    const signer = createSigner(secretsOf(vector))
    const cookie = signer.sign(compress(vector.taggedJson!), vector.timestamp)
    if (vector.nodeZlibIdentical) return expect(cookie).toBe(vector.cookie)

    const signed = signer.unsign(cookie)
    expect(signed).toMatchObject({ outcome: 'signed', seconds: vector.timestamp, key: 0 })
    return expect(signed.outcome === 'signed' && decompress(signed.payload)).toBe(vector.taggedJson)
  })

  it.each(written)('$id goes back as it came', (vector) => {
    expect(rewritten(vector.taggedJson!)).toBe(vector.taggedJson)
  })
})

describe('what cookies are made of', () => {
  it.each(primitives.timestamps)('second $unix is "$text"', ({ unix, text }) => {
    const signer = createSigner([Buffer.from('k')])
    const value = signer.sign('p', unix)

    expect(value.split('.')[1]).toBe(text)
    expect(signer.unsign(value)).toEqual({ outcome: 'signed', payload: 'p', seconds: unix, key: 0 })
  })

  it.each(primitives.sign)('$signedText is signed', ({ secretUtf8, signedText, signatureText }) => {
    const [payload] = signedText.split('.') as [string]

    expect(createSigner([Buffer.from(secretUtf8)]).sign(payload, 1_700_000_000)).toBe(`${signedText}.${signatureText}`)
  })

  it.each(primitives.httpDate)('$text reads as $readBack', ({ text, readBack }) => {
    const [year, month, day, hour, minute, second = 0] = readBack.match(/\d+/g)!.map(Number)
    const read = new Date(parseHttpDate(text)!)

    expect(read).toEqual(new Date(Date.UTC(year!, month! - 1, day, hour, minute, second)))
    if (!/0001|0099/.test(text)) expect(formatHttpDate(read)).toBe(text)
  })
})
