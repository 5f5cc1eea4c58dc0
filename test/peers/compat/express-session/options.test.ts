import { createHmac } from 'node:crypto'
import expressSession from 'express-session'
import session, { type SessionOptions } from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { cookieOf, options, serve } from './serve.ts'

const counter = async (given: SessionOptions, prepare?: (app: import('express').Express) => void) =>
  serve((app) => {
    prepare?.(app)
    app.use(session(options(given)))
    app.get('/{*path}', (req, res) => {
      if (req.session === undefined) return void res.json(null)
      req.session.visits = (req.session.visits ?? 0) + 1
      res.json(req.session.visits)
    })
  })

describe('name', () => {
  it('names the cookie; key does, too', async () => {
    for (const given of [{ name: 'sid' }, { key: 'sid' }]) {
      const get = await counter(given)
      expect(cookieOf(await get('/'))).toMatch(/^sid=s%3A/)
    }
  })
})

describe('secret', () => {
  it('signs as cookie-signature does', async () => {
    const get = await counter({ secret: 'x', genid: () => 'chosen' })
    const signature = createHmac('sha256', 'x').update('chosen').digest('base64').replace(/=+$/, '')
    expect(decodeURIComponent(cookieOf(await get('/')))).toBe(`connect.sid=s:chosen.${signature}`)
  })

  it('opens cookies of each in a list, and signs with the first', async () => {
    const store = new session.MemoryStore()
    const before = await counter({ store, secret: 'old', genid: () => 'id' })
    const after = await counter({ store, secret: ['new', 'old'], rolling: true })
    const cookie = cookieOf(await before('/'))
    const second = await after('/', cookie)
    expect(await second.json()).toBe(2)
    expect(cookieOf(second)).not.toBe(cookie)
    expect(await (await counter({ store, secret: 'new' }))('/', cookieOf(second)).then((r) => r.json())).toBe(3)
  })

  it('leaves out those of a list that are not set', async () => {
    const unset = undefined as unknown as string
    const get = await counter({ secret: [unset, 'x', unset] })
    const cookie = cookieOf(await get('/'))
    expect(await (await get('/', cookie)).json()).toBe(2)
    expect((await get('/', 'connect.sid=s%3Aid.forged')).status).toBe(200)
    expect((await (await counter({ secret: [unset] }))('/')).status).toBe(500)
  })

  it('opens no cookie that another secret signed, and none without a signature', async () => {
    const store = new session.MemoryStore()
    const get = await counter({ store, genid: () => 'id' })
    await get('/')
    const forged = await counter({ secret: 'other', genid: () => 'id' })
    const get2 = await counter({ store })
    for (const cookie of [
      cookieOf(await forged('/')),
      'connect.sid=s:id',
      'connect.sid=id',
      'connect.sid=s%3A.',
      'connect.sid=%E0%A4%A',
    ])
      expect(await (await get2('/', cookie)).json()).toBe(1)
  })

  it('is required, by the option or at the request', async () => {
    const get = await counter({ secret: undefined as never })
    expect((await get('/')).status).toBe(500)
    const withRequest = await counter({ secret: undefined as never }, (app) =>
      app.use((req, _res, next) => {
        Object.assign(req, { secret: 'x' })
        next()
      }),
    )
    expect((await withRequest('/')).status).toBe(200)
    expect(() => session({ secret: [] })).toThrow('secret option array must contain one or more strings')
  })
})

describe('genid', () => {
  it('makes the ids, from the request', async () => {
    const get = await counter({ genid: (req) => `of-${req.url.slice(1)}` })
    expect(cookieOf(await get('/me'))).toContain('s%3Aof-me.')
  })

  it('that gives an id again is an error, and the session with that id is not overwritten', async () => {
    const get = await counter({ genid: () => 'same' })
    const first = await get('/')
    const second = await get('/')
    expect([second.status, cookieOf(second)]).toEqual([500, ''])
    expect(await (await get('/', cookieOf(first))).json()).toBe(2)
  })

  it('must be a function', () => {
    expect(() => session({ genid: 'x' as never })).toThrow(new TypeError('genid option must be a function'))
  })
})

describe('cookie', () => {
  it('has the attributes of the option', async () => {
    const get = await counter({
      cookie: {
        maxAge: 60_000,
        path: '/app',
        domain: 'localhost',
        sameSite: 'strict',
        httpOnly: false,
        priority: 'high',
        partitioned: true,
      },
    })
    const [line] = (await get('/app')).headers.getSetCookie()
    expect(line).toMatch(
      /; Domain=localhost; Path=\/app; Expires=\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT; Partitioned; Priority=High; SameSite=Strict$/,
    )
  })

  it('is made for each request by a function', async () => {
    const get = await counter({ cookie: (req) => ({ path: req.url!.startsWith('/admin') ? '/admin' : '/' }) })
    expect((await get('/admin/x')).headers.getSetCookie()[0]).toContain('Path=/admin;')
    expect((await get('/x')).headers.getSetCookie()[0]).toContain('Path=/;')
  })

  it('of another path makes no session', async () => {
    const get = await counter({ cookie: { path: '/app' } })
    expect(await (await get('/other')).json()).toBe(null)
    expect(await (await get('/app?x')).json()).toBe(1)
  })

  it('that is secure is sent over https only', async () => {
    const https = { 'X-Forwarded-Proto': 'https, http' }
    const secure = { cookie: { secure: true } }
    expect(cookieOf(await (await counter(secure))('/'))).toBe('')
    expect(cookieOf(await (await counter(secure))('/', '', { headers: https }))).toBe('')
    expect(cookieOf(await (await counter({ ...secure, proxy: true }))('/', '', { headers: https }))).not.toBe('')
    const trusting = (app: import('express').Express) => void app.set('trust proxy', true)
    expect(cookieOf(await (await counter(secure, trusting))('/', '', { headers: https }))).not.toBe('')
    expect(cookieOf(await (await counter({ ...secure, proxy: false }, trusting))('/', '', { headers: https }))).toBe('')
  })

  it("that is secure: 'auto' is as secure as the connection, sameSite: 'auto' as well", async () => {
    const get = await counter({ proxy: true, cookie: { secure: 'auto', sameSite: 'auto' as never } })
    expect((await get('/')).headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Lax$/)
    const https = await get('/', '', { headers: { 'X-Forwarded-Proto': 'https' } })
    expect(https.headers.getSetCookie()[0]).toMatch(/HttpOnly; Secure; SameSite=None$/)
  })

  it('of the same name from a parent domain does not hide ours', async () => {
    const get = await counter({})
    const [ended, live] = [cookieOf(await (await counter({}))('/')), cookieOf(await get('/'))]
    expect(await (await get('/', `connect.sid=s%3Afoo.bar; ${ended}; ${live}`)).json()).toBe(2)
  })

  it('makes the response private, unless cacheHeaders is false', async () => {
    const response = await (await counter({}))('/')
    expect([response.headers.get('Cache-Control'), response.headers.get('Vary')]).toEqual(['no-store', 'Cookie'])
    const shared = await (await counter({ cacheHeaders: false }))('/')
    expect([shared.headers.get('Cache-Control'), shared.headers.get('Vary')]).toEqual([null, null])
  })
})

it('refuses options that are invalid', () => {
  expect(() => session({ unset: 'x' as never })).toThrow(new TypeError('unset option must be "destroy" or "keep"'))
  for (const bad of [{ saveErrors: 'x' }, { userOf: 'x' }, { store: {} }, { ttl: -1 }, { from: memoryStore() }])
    expect(() => session(bad as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
})

it('takes an option that is null for one that is not set', async () => {
  const get = await counter({ store: null, cookie: null, genid: null, unset: null } as never)
  const first = await get('/')
  expect(first.headers.getSetCookie()[0]).toMatch(/; Path=\/; HttpOnly$/)
  expect(await (await get('/', cookieOf(first))).json()).toBe(2)
})

describe('warns once', () => {
  const warningsOf = async (use: (app: import('express').Express) => void) => {
    const shown = Reflect.get(globalThis, Symbol.for('sojourn.shownWarnings')) as Set<string> | undefined
    shown?.clear()
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    const get = await serve((app) => {
      use(app)
      app.get('/', (_req, res) => void res.end())
    })
    await get('/')
    await get('/')
    return warn.mock.calls.flat()
  }

  it('if there is no secret', async () => {
    const warnings = await warningsOf((app) => void app.use(session(options({ secret: undefined as never }))))
    expect(warnings).toEqual([expect.stringContaining('session(…) has no secret')])
  })

  it('if another library has set the session of a request', async () => {
    const warnings = await warningsOf((app) => void app.use(expressSession(options() as never), session(options())))
    expect(warnings).toEqual([expect.stringContaining('another middleware set req.session')])
  })

  it('not if the drop-in itself has set it', async () => {
    expect(await warningsOf((app) => void app.use(session(options()), session(options())))).toEqual([])
  })
})
