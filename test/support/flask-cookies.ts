import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { taggedJsonCodec } from '../../src/flask/json/tagged-json-codec.ts'
import { compress, decompress } from '../../src/flask/compression.ts'
import { isTuple, Markup, tuple, Uuid } from '../../src/flask/python-types.ts'
import { createSigner } from '../../src/flask/signature.ts'
import { compareCodePoints, formatFloat, quoteText, tagNames } from '../../src/flask/json/python-json.ts'

type Key = { readonly utf8: string } | { readonly hex: string }

/** A cookie that Flask wrote or checked. */
export interface Vector {
  readonly id: string
  readonly secret: Key
  readonly fallbacks?: readonly Key[]
  readonly maxAge: number
  readonly taggedJson: string | null
  readonly readBackTaggedJson: string | null
  readonly cookie: string
  readonly timestamp: number
  readonly now: number
  readonly expected: 'valid' | 'bad-signature' | 'expired' | 'malformed'
  readonly writer: boolean
  readonly strictMayReject?: boolean
  readonly nodeZlibIdentical?: boolean
}

interface Golden {
  readonly vectors: readonly Vector[]
  readonly primitives: {
    readonly timestamps: readonly { unix: number; text: string }[]
    readonly sign: readonly { secretUtf8: string; signedText: string; signatureText: string }[]
    readonly httpDate: readonly { text: string; readBack: string }[]
  }
}

export const { vectors, primitives } = JSON.parse(
  readFileSync(new URL('./vectors/flask.json', import.meta.url), 'utf8'),
) as Golden

export const bytesOf = (key: Key): Uint8Array =>
  'hex' in key ? Buffer.from(key.hex, 'hex') : Buffer.from(key.utf8, 'utf8')

/** Newest first, as Flask tries them. */
export const secretsOf = ({ secret, fallbacks = [] }: Vector): Uint8Array[] =>
  [secret, ...fallbacks.toReversed()].map(bytesOf)

/** A cookie as Flask writes it. */
export const flaskCookie = (json: string, secretKey: string, now: number): string =>
  createSigner([Buffer.from(secretKey)]).sign(compress(json), now / 1000)

/** The JSON of a cookie, whatever its signature and time. */
export const jsonIn = (cookie: string): string => decompress(cookie.split('.').slice(0, -2).join('.')) ?? ''

/** Keys, with those among them that are a hazard to JavaScript or to Flask's tagNames. */
export const anyKey = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', '', '10', '9', ' t', ' di', ' d', ' t__', '\uffff', '😀', '\ud800', 'é'),
)

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\x7f', '\ud800', '\u2028', '<b>', '\0', '/'))

/** Any value that Flask's cookie supports, with a class of each Python type. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    anyText,
    fc.constantFrom(null, true, false, NaN, Infinity, -Infinity, -0, 0, 1e16, 1e-5, 1e22, Number.MIN_VALUE),
    fc.double(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n }),
    fc.bigInt({ max: -(2n ** 53n) }),
    fc.uint8Array({ maxLength: 9 }),
    anyText.map((html) => new Markup(html)),
    fc.uuid().map((text) => new Uuid(text)),
    fc.integer({ min: -59_000_000_000, max: 253_402_300_799 }).map((seconds) => new Date(seconds * 1000)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }).map((members) => tuple(...members)),
    anyDict(tie('value')),
  ),
}))['value']!

/** Dicts, of which every key is an own property. */
export function anyDict(value: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  const members = fc.uniqueArray(fc.tuple(anyKey, value), { selector: ([key]) => key, maxLength: 4 })
  return members.map((entries) => Object.fromEntries(entries))
}

/** Texts as Flask writes them, also for applications that turn off its escaping and its sorting. */
export const flaskJson: fc.Arbitrary<string> = fc
  .tuple(anyValue, fc.boolean(), fc.boolean())
  .map(([value, ascii, sorted]) => serialized(value, ascii, sorted))

function serialized(value: unknown, ascii: boolean, sorted: boolean): string {
  const again = (member: unknown): string => serialized(member, ascii, sorted)
  if (typeof value === 'string') return ascii || /\p{Cs}/u.test(value) ? quoteText(value) : JSON.stringify(value)
  // Whole numbers are floats here.
  if (typeof value === 'number') return formatFloat(value)
  if (isTuple(value)) return `{" t":[${value.map(again).join(',')}]}`
  if (Array.isArray(value)) return `[${value.map(again).join(',')}]`
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return taggedJsonCodec.stringify(value, 'x')
  }
  const keys = Object.keys(value)
  if (sorted) keys.sort(compareCodePoints)
  const [only] = keys
  if (keys.length === 1 && tagNames.has(only!)) return `{" di":{"${only}__":${again(Reflect.get(value, only!))}}}`
  return `{${keys.map((key) => `${again(key)}:${again(Reflect.get(value, key))}`).join(',')}}`
}
