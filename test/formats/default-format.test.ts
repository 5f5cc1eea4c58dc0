import express from 'express'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sojourn as onExpress } from '../../src/adapters/express.ts'
import { sojourn as onFetch } from '../../src/adapters/fetch.ts'
import { sojourn as onHono } from '../../src/adapters/hono.ts'
import { sojourn as onNode } from '../../src/adapters/node.ts'
import { createSessions, type Sessions } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { request, secret } from '../support/sessions.ts'

beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'production')
  vi.stubEnv('SECRET_KEY', '')
  vi.stubEnv('SECRET_KEY_FALLBACKS', '')
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const missing = expect.objectContaining({ code: 'ERR_SECRET_MISSING' })

const ways: [string, () => Sessions][] = [
  ['without a key', () => createSessions()],
  ['with a store', () => createSessions({ store: memoryStore() })],
  ['with an option that names an unset variable', () => createSessions({ secrets: [process.env['SECRET_KEY']] })],
  ['with an empty list', () => createSessions({ secrets: [] })],
  [
    'with fallbacks and no key',
    () => {
      vi.stubEnv('SECRET_KEY_FALLBACKS', secret('old'))
      return createSessions()
    },
  ],
]

describe.each(ways)('in production, %s', (_, create) => {
  it('a build, which opens no session, passes', () => {
    expect(create).not.toThrow()
    expect(() => onFetch(create(), () => new Response(''))).not.toThrow()
  })

  it('no session opens, whatever cookie comes, and no key is invented', async () => {
    const sessions = create()
    for (const cookie of [null, '__Host-Http-session=x', null])
      await expect(sessions.open(cookie)).rejects.toEqual(missing)

    expect(console.warn).not.toHaveBeenCalledWith(expect.stringContaining('SECRET_KEY'))
  })

  it.each<[string, (sessions: Sessions) => unknown]>([
    ['Express', (sessions) => express().use(onExpress(sessions))],
    ['plain Node', (sessions) => onNode(sessions, () => {})],
    ['Hono', (sessions) => new Hono().use(onHono(sessions))],
  ])('a server of %s does not start', (_host, start) => {
    const sessions = create()

    expect(() => start(sessions)).toThrow(missing)
  })

  it('a handler of the Fetch API answers 500, and the log says why', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const handler = onFetch(create(), (_request, { userId }) => new Response(userId))

    expect((await handler(new Request('https://example.com/'))).status).toBe(500)
    expect(logged).toHaveBeenCalledWith(missing)
  })
})

it('a key that is there and no good is refused at once, in a build too', () => {
  const weak = expect.objectContaining({ code: 'ERR_SECRET_WEAK' })
  vi.stubEnv('NEXT_PHASE', 'phase-production-build')
  expect(() => createSessions({ secrets: ['short'] })).toThrow(weak)
  vi.stubEnv('SECRET_KEY', 'short')
  expect(() => createSessions()).toThrow(weak)
})

it('a key that is loaded after the module, as by dotenv, is used', async () => {
  const sessions = createSessions()
  vi.stubEnv('SECRET_KEY', secret('late'))
  const cookie = (await request(sessions, null, (session) => session.signIn('ada'))).getSetCookie()[0]!.split(';')[0]!

  const session = await createSessions().open(cookie)
  expect(session.userId).toBe('ada')
  expect(session.isCsrfToken((await sessions.open(cookie)).csrfToken)).toBe(true)
})

it('next build imports routes of Hono without a key', () => {
  vi.stubEnv('NEXT_PHASE', 'phase-production-build')

  expect(() => new Hono().use(onHono(createSessions()))).not.toThrow()
})

it('Workers import a module of Hono without random values, which they allow only in a request', async () => {
  vi.stubEnv('NODE_ENV', 'development')
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
  const loaded = vi.spyOn(process, 'getBuiltinModule')
  const sessions = createSessions()
  new Hono().use(onHono(sessions))
  expect(loaded).not.toHaveBeenCalled()

  await sessions.open(null)
  expect(loaded).toHaveBeenCalled()
})
