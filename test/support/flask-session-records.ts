import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { createMsgpackCodec } from '../../src/flask/msgpack/msgpack-codec.ts'
import { createSessions, type SessionEvent, type Sessions, type SessionsOptions } from '../../src/index.ts'
import { decodeFields, type RecordFields } from '../../src/flask/records/record-fields.ts'
import { flaskSession, type FlaskSessionOptions } from '../../src/flask/session-store.ts'
import type { SessionKey } from '../../src/stores/store.ts'
import type { RedisClient } from '../../src/stores/redis/store.ts'
import type { RedisServer } from './servers/redis.ts'

/** The key of a record. Flask-Session's cookie names no user, so a key does not either. */
export const keyOf = (id: string): SessionKey => ({ id, userId: null })

/** The keys in Redis, with their values. */
export type Kept = Readonly<Record<string, { readonly valueHex: string; readonly ttl: number }>>

/** A record that Flask-Session wrote, or what it did with one that others wrote. */
export interface RecordVector {
  readonly id: string
  readonly direction: string
  readonly config: Readonly<Record<string, unknown>>
  readonly key?: string
  readonly valueHex?: string
  readonly ttl?: number
  readonly ttlBefore?: number
  readonly cookie?: string
  readonly setCookie?: string | null
  readonly adopted?: boolean
  readonly redisAfter?: Kept
  readonly steps?: readonly StepVector[]
}

/** A request of Flask-Session's, and what came of it. */
export interface StepVector {
  readonly step: string
  readonly requestCookie: string | null
  readonly status: number
  readonly sessionBefore: string
  readonly setCookie: string | null
  readonly vary: string
  readonly redisAfter: Kept
}

interface Golden {
  readonly records: readonly RecordVector[]
  readonly signer: readonly { readonly secretUtf8: string; readonly sid: string; readonly cookie: string }[]
}

export const { records, signer } = JSON.parse(
  readFileSync(new URL('./vectors/flask-session.json', import.meta.url), 'utf8'),
) as Golden

/** All values that Flask-Session wrote in the vectors, or was given and read, as hexadecimal digits, by name. */
export const written: readonly (readonly [name: string, hex: string])[] = records.flatMap(
  ({ id, valueHex, steps = [] }) => [
    ...(valueHex ? [[id, valueHex] as const] : []),
    ...steps.flatMap(({ step, redisAfter }) =>
      Object.values(redisAfter).map(({ valueHex }, at) => [`${id}, ${step}, ${at}`, valueHex] as const),
    ),
  ],
)

export const isPickle = (hex: string): boolean => /^80.+/.test(hex)

/** The values of a record. */
export function valuesIn(bytes: Buffer): Record<string, unknown> {
  const { parse } = createMsgpackCodec(false)
  const members: RecordFields = decodeFields(bytes) ?? new Map()
  return Object.fromEntries([...members].map(([key, text]) => [String(parse(key)), parse(text)]))
}

/** Sessions in Flask-Session's records, and their events. */
export function flaskSessions(
  client: RedisClient | string,
  options: FlaskSessionOptions = {},
  more: SessionsOptions = {},
): { readonly sessions: Sessions; readonly events: SessionEvent[]; readonly close: () => Promise<void> } {
  const events: SessionEvent[] = []
  const { format, store } = flaskSession(client, options)
  const sessions = createSessions({
    format,
    store,
    cookie: { secure: false },
    storeTimeout: 5,
    onEvent: (event) => events.push(event),
    ...more,
  })
  return { sessions, events, close: store.close }
}

/** Looks into a server's records, whatever bytes they are. */
export function recordsOf(server: RedisServer) {
  // The connection of these questions reads answers as UTF-8; base64 of them would take a script as well.
  const hex = `return (string.gsub(redis.call('GET', KEYS[1]) or '', '.', function(unit) return string.format('%02x', string.byte(unit)) end))`
  const unhex = `local bytes = string.gsub(ARGV[1], '..', function(digits) return string.char(tonumber(digits, 16)) end)
return redis.call('SET', KEYS[1], bytes, 'EX', ARGV[2])`
  return {
    /** `''` if there is none. */
    hex: async (key: string) => String(await server.ask('EVAL', hex, '1', key)),
    put: (key: string, digits: string, ttl = 604_800) => server.ask('EVAL', unhex, '1', key, digits, String(ttl)),
    /** The content of a record. */
    async values(key: string) {
      return valuesIn(Buffer.from(await this.hex(key), 'hex'))
    },
    ttl: async (key: string) => Number(await server.ask('TTL', key)),
    keys: async (pattern = '*') => ((await server.ask('KEYS', pattern)) as string[]).toSorted(),
  }
}

const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\x7f', '\u2028', '\0', '%41', '\x80'))
const anyKey = fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', '', '10', '9', ' t'))

const plainValues = [
  anyText,
  fc.constantFrom(null, true, false, -0, 0, 1e16, 1e-5, 1e-6, 1e22, Number.MIN_VALUE, -128, -129, 65_535, 65_536),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
]
const bigs = fc.oneof(
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
)
const richValues = [
  fc.constantFrom(NaN, Infinity, -Infinity),
  bigs,
  fc.uint8Array({ maxLength: 300 }),
  fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
]

/** Any value that a record supports: as JSON, or as MessagePack. */
export const anyValueOfRecords = (isJson: boolean): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      ...plainValues,
      ...(isJson ? [bigs] : richValues),
      fc.array(tie('value'), { maxLength: 20 }),
      anyMembers(tie('value')),
      ...(isJson
        ? []
        : [
            fc
              .array(fc.tuple(fc.integer(), tie('value')), { minLength: 1, maxLength: 3 })
              .map((entries) => new Map(entries)),
          ]),
    ),
  }))['value']!

/** Dicts, of which every key is an own property. */
export function anyMembers(value: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  const members = fc.uniqueArray(fc.tuple(anyKey, value), { selector: ([key]) => key, maxLength: 5 })
  return members.map((entries) => Object.fromEntries(entries))
}
