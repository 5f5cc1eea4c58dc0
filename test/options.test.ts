import { afterEach, describe, expect, it, vi } from 'vitest'
import { flaskFormat } from '../src/flask/index.ts'
import { createSessions, type SessionsOptions } from '../src/index.ts'
import { readSetCookie } from './support/browser.ts'
import { request, secret, secrets } from './support/sessions.ts'

afterEach(() => vi.unstubAllEnvs())

it.each<[string, unknown]>([
  ['one that there is not', { maxAge: 60 }],
  ['one in another case', { idletimeout: 60 }],
  ['a store, which this version has not', { store: {} }],
  ['an address as the store', { store: 'redis://127.0.0.1' }],
  ['a schema, which this version has not', { schema: {} }],
  ['touchAfter of the idle timeout', { idleTimeout: 60, touchAfter: 60 }],
  ['touchAfter of more', { idleTimeout: 60, touchAfter: 3600 }],
  ['a negative touchAfter', { touchAfter: -1 }],
  ['an idle timeout of nothing', { idleTimeout: 0 }],
  ['an absolute timeout of nothing', { absoluteTimeout: 0 }],
  ['a duration as text', { idleTimeout: '7 days' }],
  ['remember as a text', { remember: 'yes' }],
  ['an audience that is no text', { audience: 5 }],
  ['an instant for now', { now: 5 }],
  ['onEvent that is no function', { onEvent: {} }],
])('%s is refused, with words', (_, options) => {
  expect(() => createSessions({ secrets, ...(options as SessionsOptions) })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringMatching(/^.{15,}$/) }),
  )
})

it.each(['idleTimeout', 'absoluteTimeout', 'unconfirmedFor'])(
  '%s in milliseconds, as express-session takes it, is refused by saying so',
  (name) => {
    expect(() => createSessions({ secrets, [name]: 7 * 86400e3 })).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTIONS',
        message: expect.stringMatching(/^\w+ must be .*seconds, not milliseconds.* ten years; not 604800000\.$/),
      }),
    )
  },
)

it('a namespace of Workers KV as the store is refused with the reason, and with a store that keeps the promises', () => {
  const method = async () => null
  const kv = { get: method, put: method, delete: method, list: method, getWithMetadata: method }

  expect(() => createSessions({ secrets, store: kv as never })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringMatching(/KV.*60 seconds.*durableObject/) }),
  )
})

it('a store whose method is not a function is refused with its name', () => {
  const method = async () => null
  const store = { create: method, read: true, update: method, end: method, endAll: 'yes', list: method }

  expect(() => createSessions({ secrets, store: store as never })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringContaining('It lacks read, endAll.') }),
  )
})

it('ten years are not too long', () => {
  const tenYears = 10 * 365 * 86_400

  expect(() => createSessions({ secrets, idleTimeout: tenYears, absoluteTimeout: tenYears })).not.toThrow()
})

it('undefined is as good as left out', async () => {
  const options: Record<keyof SessionsOptions, undefined> = {
    secrets: undefined,
    format: undefined,
    store: undefined,
    unconfirmedFor: undefined,
    whenUnavailable: undefined,
    storeTimeout: undefined,
    audience: undefined,
    idleTimeout: undefined,
    absoluteTimeout: undefined,
    touchAfter: undefined,
    maxSessions: undefined,
    onLimit: undefined,
    remember: undefined,
    cookie: undefined,
    accept: undefined,
    onEvent: undefined,
    now: undefined,
  }
  const sessions = createSessions({ ...options, secrets })
  const headers = await request(sessions, null, (session) => session.signIn('ada'))

  expect(readSetCookie(headers.getSetCookie()[0]!).maxAge).toBe(7 * 24 * 3600)
})

it('another audience with the same secret refuses the sessions', async () => {
  const shop = createSessions({ secrets, audience: 'shop' })
  const blog = createSessions({ secrets, audience: 'blog' })
  const headers = await request(shop, null, (session) => session.signIn('ada'))
  const cookie = headers.getSetCookie()[0]!.split(';')[0]!

  expect((await blog.open(cookie)).outcome).toBe('forged')
  expect((await shop.open(cookie)).outcome).toBe('active')
})

describe('in production', () => {
  it.each<[string, Record<string, string>, string]>([
    ['with a short key', { SECRET_KEY: 'short' }, 'ERR_SECRET_WEAK'],
    ['with a known key', { SECRET_KEY: 'dev-secret-key-change-in-production' }, 'ERR_SECRET_WEAK'],
    ['with a short fallback', { SECRET_KEY: secret('a'), SECRET_KEY_FALLBACKS: 'short' }, 'ERR_SECRET_WEAK'],
    ['with fallbacks that are no list', { SECRET_KEY: secret('a'), SECRET_KEY_FALLBACKS: '["a' }, 'ERR_OPTIONS'],
  ])('nothing starts %s, and no key is invented', (_, env, code) => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('SECRET_KEY', '')
    vi.stubEnv('SECRET_KEY_FALLBACKS', '')
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const warned = vi.spyOn(console, 'warn')

    expect(() => createSessions()).toThrow(expect.objectContaining({ code }))
    expect(warned).not.toHaveBeenCalled()
  })

  it('the keys of the environment are used, and cookies are Secure', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('SECRET_KEY', secret('new'))
    vi.stubEnv('SECRET_KEY_FALLBACKS', JSON.stringify([secret('old')]))
    const old = createSessions({ secrets: [secret('old')] })
    const headers = await request(old, null, (session) => session.signIn('ada'))
    const line = headers.getSetCookie()[0]!

    expect(line).toMatch(/^__Host-Http-session=.*; Secure; HttpOnly; SameSite=Lax$/)
    expect((await createSessions().open(line.split(';')[0])).userId).toBe('ada')
  })

  it('options win over the environment', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    vi.stubEnv('SECRET_KEY', 'short')

    expect(() => createSessions({ secrets })).not.toThrow()
  })
})

it('in development cookies are not Secure and have no __Host-, and a known key will do', async () => {
  vi.stubEnv('NODE_ENV', 'development')
  vi.stubEnv('SECRET_KEY', 'dev-secret-key-change-in-production')
  const headers = await request(createSessions(), null, (session) => session.signIn('ada'))

  expect(headers.getSetCookie()[0]).toMatch(/^session=[\w-]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)
})

it.each([
  ['says no capabilities', { capabilities: undefined }],
  [
    'creates no identities, but says so',
    { capabilities: { hasIdentity: true, idIsSecret: false, singleCookie: true } },
  ],
])('a format is refused if it %s', (_name, changes) => {
  const format = { ...flaskFormat({ secretKey: secret('flask') }), ...changes } as SessionsOptions['format']

  expect(() => createSessions({ format })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringContaining('flask') }),
  )
})
