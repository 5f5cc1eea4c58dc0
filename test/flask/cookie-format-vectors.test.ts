import { describe, expect, it } from 'vitest'
import { toFlaskJson } from '../../src/flask/json/session-members.ts'
import { createSigner } from '../../src/flask/signature.ts'
import { flaskFormat } from '../../src/flask/index.ts'
import type { DecodeResult } from '../../src/cookies/format.ts'
import { createSessions } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { jsonIn, secretsOf, vectors, type Vector } from '../support/flask-cookies.ts'
import { request } from '../support/sessions.ts'

const outcomes = { valid: 'active', 'bad-signature': 'forged', expired: 'expired', malformed: 'malformed' }

/** Vectors whose keys are refused when the format is made: there an empty one passes for a key. */
const withoutKey = ({ secret, fallbacks = [] }: Vector) =>
  [secret, ...fallbacks].some((key) => ('utf8' in key ? key.utf8 : key.hex) === '')
function formatOf(vector: Vector) {
  const [newest, ...older] = secretsOf(vector)
  return flaskFormat({ secretKey: newest, secretKeyFallbacks: older.toReversed() })
}

const contextOf = ({ now, maxAge }: Vector) => ({
  now: now * 1000 + 999,
  idleTimeout: maxAge,
  absoluteTimeout: 1,
  cookieName: 'session',
})

function opened(vector: Vector): DecodeResult {
  return formatOf(vector).open(vector.cookie, contextOf(vector))
}

const judged = vectors.filter((vector) => !withoutKey(vector))
const fromVectors = judged.filter((vector) => opened(vector).outcome === 'active')
const small = fromVectors.filter(({ cookie, maxAge }) => cookie.length < 4000 && maxAge >= 1)

describe('cookies that Flask judged', () => {
  it.each(judged)('$id is $expected', async (vector) => {
    const expected = outcomes[vector.expected]
    const asExpected = vector.strictMayReject ? [expected, 'forged', 'malformed'] : [expected]

    expect(asExpected).toContain(opened(vector).outcome)
    if (vector.maxAge < 1) return
    const { now } = contextOf(vector)
    const sessions = createSessions({
      format: formatOf(vector),
      idleTimeout: vector.maxAge,
      touchAfter: 0,
      now: () => now,
    })
    expect(asExpected).toContain((await sessions.open(`session=${vector.cookie}`)).outcome)
  })

  it.each(vectors.filter(withoutKey))('$id has a key that is none', (vector) => {
    expect(() => formatOf(vector)).toThrow(expect.objectContaining({ code: 'ERR_SECRET_MISSING' }))
  })

  it.each(fromVectors)('$id goes back as it came, two seconds back', (vector) => {
    const came = opened(vector)
    const written = formatOf(vector).seal(came.outcome === 'active' ? came.token : expect.fail(), contextOf(vector))

    expect(secondsIn(written, secretsOf(vector))).toBe(Math.max(0, vector.now - 2))
    if (vector.writer) expect(jsonIn(written)).toBe(vector.taggedJson)
    else expect(toFlaskJson(jsonIn(written))).toBe(toFlaskJson(jsonIn(vector.cookie)))
  })

  it.each(small)('$id goes back as it came when all of it was read', async (vector) => {
    const { now } = contextOf(vector)
    const sessions = createSessions({
      format: formatOf(vector),
      idleTimeout: vector.maxAge,
      touchAfter: 0,
      now: () => now,
    })
    const headers = await request(sessions, `session=${vector.cookie}`, (session) => {
      expect(session.data).toBeTypeOf('object')
    })
    const written = cookiesOf(headers)['session']!

    expect(secondsIn(written, secretsOf(vector))).toBe(Math.max(0, vector.now - 2))
    if (vector.writer) expect(jsonIn(written)).toBe(vector.taggedJson)
    else expect(toFlaskJson(jsonIn(written))).toBe(toFlaskJson(jsonIn(vector.cookie)))
  })
})

function secondsIn(cookie: string, secrets: readonly Uint8Array[]): number | null {
  const unsigned = createSigner(secrets).unsign(cookie)
  return unsigned.outcome === 'signed' && unsigned.key === 0 ? unsigned.seconds : null
}
