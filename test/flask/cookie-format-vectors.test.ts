import { describe, expect, it } from 'vitest'
import { compress, decompress } from '../../src/flask/compression.ts'
import { flaskFormat } from '../../src/flask/index.ts'
import { toFlaskJson, readSessionMembers, writeSessionMembers } from '../../src/flask/json/session-members.ts'
import { taggedJsonCodec } from '../../src/flask/json/tagged-json-codec.ts'
import { createSigner } from '../../src/flask/signature.ts'
import { createSessions, type Sessions } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { jsonIn, secretsOf, vectors, type Vector } from '../support/flask-cookies.ts'
import { request } from '../support/sessions.ts'

const outcomes = { valid: 'active', 'bad-signature': 'forged', expired: 'expired', malformed: 'malformed' }

/** What Flask writes by default for two cookies of applications with other settings. */
const byDefault: Readonly<Record<string, string>> = {
  'w-sort-keys-off': '{"a":2,"z":1}',
  'w-ensure-ascii-off': '{"s":"\\u00e9\\ud83d\\ude00"}',
}

const hasEmptyKey = ({ secret, fallbacks = [] }: Vector) =>
  [secret, ...fallbacks].some((key) => ('utf8' in key ? key.utf8 : key.hex) === '')

const readable = vectors.filter((vector) => !hasEmptyKey(vector))

describe('cookies that Flask wrote or checked', () => {
  // Each claim is soft, so that one that is wrong does not hide the next.
  it.each(readable)('$id is $expected', async (vector) => {
    const expected = outcomes[vector.expected]
    const allowed = vector.strictMayReject ? [expected, 'forged', 'malformed'] : [expected]
    const opened = open(vector)

    expect.soft(allowed).toContain(opened.outcome)
    if (vector.maxAge >= 1) {
      expect.soft(allowed).toContain((await sessionsFor(vector).open(`session=${vector.cookie}`)).outcome)
    }
    if (opened.outcome === 'active') {
      expectContentOfFlask(vector)
      expectSameContent(vector, formatFor(vector).seal(opened.token, contextFor(vector)))
      if (vector.cookie.length < 4000 && vector.maxAge >= 1) expectSameContent(vector, await rewrittenByRequest(vector))
    }
    if (vector.writer) expectSameBytes(vector)
  })

  it.each(vectors.filter(hasEmptyKey))('$id is refused, because its key is empty', (vector) => {
    expect(() => formatFor(vector)).toThrow(expect.objectContaining({ code: 'ERR_SECRET_MISSING' }))
  })

  it('are all there', () => {
    expect(readable.length).toBeGreaterThan(150)
    expect(readable.filter((vector) => open(vector).outcome === 'active').length).toBeGreaterThan(80)
    expect(readable.filter(({ writer }) => writer).length).toBeGreaterThan(50)
  })
})

function expectContentOfFlask({ id, cookie, taggedJson, readBackTaggedJson }: Vector): void {
  expect.soft(jsonIn(cookie)).toBe(taggedJson)
  expect.soft(toFlaskJson(jsonIn(cookie))).toBe(byDefault[id] ?? readBackTaggedJson)
}

/** The cookie is signed with the newest key, two seconds back, and its content is unchanged. */
function expectSameContent(vector: Vector, written: string): void {
  const signed = createSigner(secretsOf(vector)).unsign(written)
  expect.soft(signed).toMatchObject({ outcome: 'signed', key: 0, seconds: Math.max(0, vector.now - 2) })
  if (vector.writer) expect.soft(jsonIn(written)).toBe(vector.taggedJson)
  else expect.soft(toFlaskJson(jsonIn(written))).toBe(toFlaskJson(jsonIn(vector.cookie)))
}

/** We write the same bytes as Flask. If its zlib compresses differently, or the text is short, the content is the same. */
function expectSameBytes(vector: Vector): void {
  const json = vector.taggedJson!
  const signer = createSigner(secretsOf(vector))
  const cookie = signer.sign(compress(json), vector.timestamp)
  const signed = signer.unsign(cookie)

  const isLeftUncompressed = vector.cookie.startsWith('.') && json.length < 128
  if (vector.nodeZlibIdentical && !isLeftUncompressed) expect.soft(cookie).toBe(vector.cookie)
  expect.soft(signed).toMatchObject({ outcome: 'signed', seconds: vector.timestamp, key: 0 })
  expect.soft(signed.outcome === 'signed' && decompress(signed.payload)).toBe(json)
  expect.soft(parsedAndWritten(json)).toBe(json)
}

/** Returns the text that the library writes if every value was parsed and none was changed. */
function parsedAndWritten(json: string): string {
  const session = readSessionMembers(json)!
  const texts = Object.entries(session.texts).map(([key, text]) => {
    return [key, taggedJsonCodec.stringify(taggedJsonCodec.parse(text), key, text)] as const
  })
  return writeSessionMembers({ texts: Object.fromEntries(texts), names: session.names })
}

async function rewrittenByRequest(vector: Vector): Promise<string> {
  const headers = await request(sessionsFor(vector), `session=${vector.cookie}`, (session) => {
    expect.soft(session.data).toBeTypeOf('object')
  })
  return cookiesOf(headers)['session']!
}

function sessionsFor(vector: Vector): Sessions {
  const { now } = contextFor(vector)
  return createSessions({ format: formatFor(vector), idleTimeout: vector.maxAge, touchAfter: 0, now: () => now })
}

const open = (vector: Vector) => formatFor(vector).open(vector.cookie, contextFor(vector))

function formatFor(vector: Vector) {
  const [newest, ...older] = secretsOf(vector)
  return flaskFormat({ secretKey: newest, secretKeyFallbacks: older.toReversed() })
}

const contextFor = ({ now, maxAge }: Vector) => ({
  now: now * 1000 + 999,
  idleTimeout: maxAge,
  absoluteTimeout: 1,
  cookieName: 'session',
})
