import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ForeignSessions } from '../../src/cookies/foreign.ts'
import { fromAuthJs, fromAuthJsDatabase } from '../../src/from/auth-js.ts'
import { fromBetterAuth } from '../../src/from/better-auth.ts'
import { fromDjango } from '../../src/from/django.ts'
import { fromH3 } from '../../src/from/h3.ts'
import { fromIronSession } from '../../src/from/iron-session.ts'
import { fromLucia } from '../../src/from/lucia.ts'
import { fromRails } from '../../src/from/rails.ts'
import { fromReactRouter } from '../../src/from/react-router.ts'

const secret = 'a secret of another library, with 32 bytes'
const cookieName = 'id'
const user = () => '7'
const store = { get: async () => null, destroy: async () => {} }
const emptyAdapter = { getSessionAndUser: async () => null, deleteSession: async () => {} }

const readers: Record<string, ForeignSessions> = {
  'iron-session': fromIronSession({ cookieName, password: secret, user }),
  'h3 1': fromH3({ cookieName, password: secret, version: 1, user }),
  'Auth.js': fromAuthJs({ cookieName, secret, user }),
  'next-auth 4': fromAuthJs({ cookieName, secret, version: 4, user }),
  'Auth.js with a database': fromAuthJsDatabase({ cookieName, adapter: emptyAdapter, user }),
  'better-auth': fromBetterAuth({ cookieName, secret, store, user }),
  Lucia: fromLucia({ cookieName, adapter: { ...emptyAdapter, getSessionAndUser: async () => [null, null] }, user }),
  'React Router': fromReactRouter({ cookieName, secrets: secret, user }),
  'React Router with a store': fromReactRouter({ cookieName, secrets: secret, store, user }),
  Django: fromDjango({ cookieName, secretKey: secret, user }),
  'Django with its table': fromDjango({ cookieName, secretKey: secret, store, user }),
  Rails: fromRails({ cookieName, secretKeyBase: secret, user }),
}

const context = { now: Date.UTC(2026, 0, 15), idleTimeout: 3600, absoluteTimeout: 86_400, cookieName: 'session' }
const base64 = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const base64url = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
const json = fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text).toString('base64url'))
const header = fc
  .record({
    alg: fc.constantFrom('dir', 'none', 'A256KW'),
    enc: fc.constantFrom('A256GCM', 'A256CBC-HS512', 'none', 7),
  })
  .map((object) => Buffer.from(JSON.stringify(object)).toString('base64url'))
const bytesOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('base64url'))
const part = fc.oneof(base64, base64url, json, fc.string(), fc.constantFrom('', '%', '%zz', '__chunked__2', '.', '..'))

/** Values that look like those of the libraries, and values that do not. */
const value = fc.oneof(
  part,
  fc
    .tuple(fc.array(part, { maxLength: 9 }), fc.constantFrom('.', '*', '--', ':', '~', ';'))
    .map(([all, mark]) => all.join(mark)),
  fc
    .tuple(
      fc.constantFrom('', '1'),
      bytesOf(24),
      bytesOf(16),
      base64url,
      fc.constantFrom('', '9999999999999'),
      bytesOf(24),
      bytesOf(32),
    )
    .map(([id, salt, iv, text, expiration, macSalt, mac]) =>
      ['Fe26.2', id, salt.replaceAll('-', '_'), iv, text, expiration, macSalt.replaceAll('-', '_'), mac].join('*'),
    ),
  fc
    .tuple(header, fc.oneof(bytesOf(12), bytesOf(16)), base64url, fc.oneof(bytesOf(16), bytesOf(32)))
    .map(([head, ...rest]) => [head, '', ...rest].join('.')),
  fc
    .tuple(
      fc.oneof(
        json,
        json.map((text) => `.${text}`),
      ),
      bytesOf(32),
    )
    .map(([text, mac]) => `${text}:1xYUh2:${mac}`),
)

it.each(Object.entries(readers))(
  '%s: no cookie throws, and none that is forged opens a session',
  async (_name, reader) => {
    const cookies = fc.array(fc.tuple(fc.constantFrom('id', 'id.0', 'id.1', 'id.2'), value), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(cookies, async (pairs) => {
        expect(await reader.open(pairs.map(([name, text]) => `${name}=${text}`).join('; '), context)).toBeNull()
      }),
      { seed: Number(process.env['SEED']), numRuns: 300 },
    )
  },
)
