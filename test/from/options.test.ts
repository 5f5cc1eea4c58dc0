import { describe, expect, it } from 'vitest'
import type { ForeignSessions } from '../../src/cookies/foreign.ts'
import { fromAuthJs, fromAuthJsDatabase } from '../../src/from/auth-js.ts'
import { fromBetterAuth } from '../../src/from/better-auth.ts'
import { fromCookieSession } from '../../src/from/cookie-session.ts'
import { fromDjango } from '../../src/from/django.ts'
import { fromExpressSession } from '../../src/from/express-session.ts'
import { fromFastifySecureSession } from '../../src/from/fastify-secure-session.ts'
import { fromFastifySession } from '../../src/from/fastify-session.ts'
import { fromH3 } from '../../src/from/h3.ts'
import { fromIronSession } from '../../src/from/iron-session.ts'
import { fromKoaSession } from '../../src/from/koa-session.ts'
import { fromLucia } from '../../src/from/lucia.ts'
import { fromRails } from '../../src/from/rails.ts'
import { fromReactRouter } from '../../src/from/react-router.ts'
import { fromRecords } from '../../src/from/records.ts'
import { createSessions } from '../../src/index.ts'
import { secrets } from '../support/sessions.ts'

const user = (data: { userId?: string }) => data.userId
const store = { get: async () => null, destroy: async () => {} }
const records = { cookieName: 'token', find: async () => null, end: async () => {} }
const key = Buffer.alloc(32, 7)
const adapter = { getSessionAndUser: async () => null, deleteSession: async () => {} }

/** Each reader, with the least options that it takes. */
const readers: [string, (options: any) => ForeignSessions, object][] = [
  ['fromExpressSession', fromExpressSession, { secret: 'short', store, user }],
  ['fromFastifySession', fromFastifySession, { secret: 'short', store, user }],
  ['fromCookieSession', fromCookieSession, { keys: ['short'], user }],
  ['fromKoaSession', fromKoaSession, { keys: ['short'], user }],
  ['fromFastifySecureSession', fromFastifySecureSession, { key, user }],
  ['fromRecords', fromRecords, { ...records, user }],
  ['fromIronSession', fromIronSession, { cookieName: 'shop', password: 'short', user }],
  ['fromH3', fromH3, { password: 'short', user }],
  ['fromAuthJs', fromAuthJs, { secret: 'short', user }],
  ['fromAuthJsDatabase', fromAuthJsDatabase, { adapter, user }],
  ['fromBetterAuth', fromBetterAuth, { secret: 'short', store, user }],
  ['fromLucia', fromLucia, { adapter, user }],
  ['fromReactRouter', fromReactRouter, { secrets: 'short', user }],
  ['fromDjango', fromDjango, { secretKey: 'short', user }],
  ['fromRails', fromRails, { cookieName: '_shop_session', secretKeyBase: 'short', user }],
]

describe.each(readers)('%s', (name, from, options) => {
  it('takes its least options', () => {
    expect(from(options).name).not.toBe('')
  })

  it('takes a name with a colon, as koa-session and others had it', () => {
    expect(from({ ...options, cookieName: 'koa:sess' }).name).not.toBe('')
  })

  it.each([
    ['an unknown option', { sercet: 'x' }, `${name} has no option sercet.`],
    ['no user', { user: undefined }, `${name} needs the option user, a function`],
    ['a user that is no function', { user: 'userId' }, `${name} needs the option user, a function`],
    ['data that is no function', { dataOf: ['cart'] }, `dataOf of ${name} must be a function`],
    ['a name that no cookie has', { cookieName: 'a b' }, 'cookieName must be the name of a cookie.'],
    ['a domain that is an origin', { cookieDomain: 'https://x.example' }, 'cookieDomain must be a host name'],
    ['a path without a slash', { cookiePath: 'shop' }, "cookiePath must begin with '/'."],
    ['another keepCookie', { keepCookie: 'yes' }, 'keepCookie must be true or false.'],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => from({ ...options, ...wrong })).toThrow(message)
  })

  it('refuses two cookies of one name, if both remain', () => {
    const accept = [from({ ...options, keepCookie: true, cookieName: 'app' })]
    expect(() => createSessions({ secrets, accept, cookie: { name: 'app' } })).toThrow('both are named app')
  })
})

describe('the secrets of another library', () => {
  const secretOf = (secret: any) => () => fromExpressSession({ secret, store, user })
  const missing = 'secret of fromExpressSession is missing or empty.'

  it.each([[undefined], [''], [[]], [['newer', '']], [['newer', undefined]]])('must not be %j', (secret) => {
    expect(secretOf(secret)).toThrow(missing)
  })

  it('must be text or bytes', () => {
    expect(secretOf(7)).toThrow('secret of fromExpressSession must be text or bytes')
    expect(secretOf([{}])).toThrow('secret of fromExpressSession must be text or bytes')
  })

  it('must be a list for Keygrip, so that no letter of a text is a key', () => {
    const message = "must be a list, newest first, such as ['newer', 'older'], or a Keygrip."
    expect(() => fromCookieSession({ keys: 'text', user })).toThrow(message)
  })

  it('must have 32 bytes for @fastify/secure-session', () => {
    for (const wrong of ['short', key.subarray(1), [key, 'AAAA']])
      expect(() => fromFastifySecureSession({ key: wrong as string, user })).toThrow('must have 32 bytes')
    expect(() => fromFastifySecureSession({ key: key.toString('base64'), user })).not.toThrow()
  })

  it('needs a hash that Node has', () => {
    expect(() => fromFastifySession({ secret: 'a', algorithm: 'none', store, user })).toThrow(
      'not a hash of Node: none',
    )
  })
})
