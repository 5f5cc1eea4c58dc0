import { describe, expect, it } from 'vitest'
import { formatHttpDate, parseHttpDate } from '../../../src/flask/json/http-date.ts'
import { createSigner } from '../../../src/flask/signature.ts'
import { primitives } from '../../support/flask-cookies.ts'

describe("the parts of Flask's cookie", () => {
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
