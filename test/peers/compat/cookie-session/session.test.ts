import type express from 'express'
import type { CookieSessionOptions } from 'sojourn/compat/cookie-session'
import { afterEach, expect, it, vi } from 'vitest'
import { cookieSession, keys, people, sessionOf, start, visitor } from './serve.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const visit = async (options: Parameters<typeof cookieSession>[0], routes = people) =>
  visitor({ origin: await start(cookieSession(options), routes) })

/** The `Set-Cookie` lines of a response. */
const cookiesOf = (response: Response): string[] => response.headers.getSetCookie()

it('sets one cookie when the session gets data, and none before', async () => {
  const get = await visit({ keys })
  expect(cookiesOf(await get('/who'))).toEqual([])
  const response = await get('/in/ada')
  expect(cookiesOf(response)).toEqual([expect.stringMatching(/^session=[\w-]+; path=\/; httponly$/)])
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('vary')).toBe('Cookie')
  const again = await get('/who')
  expect(await again.json()).toBe('ada')
  expect(cookiesOf(again)).toEqual([])
  expect(again.headers.get('cache-control')).toBe(null)
})

it('hides the data from the one who has the cookie', async () => {
  const get = await visit({ keys })
  await get('/put/note/confidential')
  const value = get.jar.get('session')!
  for (const encoding of ['base64', 'base64url'] as const)
    expect(Buffer.from(value, encoding).toString()).not.toContain('confidential')
  const changed = value.slice(0, 40) + (value[40] === 'A' ? 'B' : 'A') + value.slice(41)
  get.jar.set('session', changed)
  expect(await (await get('/data')).json()).toEqual({})
})

it('sets no cache headers with cacheHeaders: false', async () => {
  const get = await visit({ keys, cacheHeaders: false })
  const response = await get('/in/ada')
  expect(cookiesOf(response)).toHaveLength(1)
  expect(response.headers.get('cache-control')).toBe(null)
})

it('says whether a session is new, changed and populated', async () => {
  const get = await visit({ keys }, (app) => {
    app.get('/{:key}', (req, res) => {
      const session = sessionOf(req)
      const before = [session.isNew, session.isChanged, session.isPopulated]
      if (req.params.key) session[req.params.key] = { list: [1] }
      if (req.query['deep']) session['a'].list.push(2)
      res.json([before, [session.isNew, session.isChanged, session.isPopulated], Object.keys(session)])
    })
  })
  expect(await (await get('/')).json()).toEqual([[true, true, false], [true, true, false], []])
  expect(await (await get('/a')).json()).toEqual([[true, true, false], [true, true, true], ['a']])
  expect(await (await get('/')).json()).toEqual([[false, false, true], [false, false, true], ['a']])
  const deep = await get('/?deep=1')
  expect(await deep.json()).toEqual([[false, false, true], [false, true, true], ['a']])
  expect(cookiesOf(deep)).toHaveLength(1)
})

it('deletes the cookie when the session is set to null, also if none was opened', async () => {
  const get = await visit({ keys, domain: 'example.com', path: '/' })
  await get('/in/ada')
  const copy = get.header()
  const out = await get('/out')
  expect(cookiesOf(out)).toEqual([
    'session=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; domain=example.com; httponly',
  ])
  expect(cookiesOf(await get('/out'))).toHaveLength(1)
  // The process remembers that the session has ended.
  get.jar.set('session', copy.slice('session='.length))
  expect(await (await get('/who')).json()).toBe(null)
})

it('removes a session that was set to null and used again', async () => {
  const get = await visit({ keys }, (app) => {
    people(app)
    app.get('/null', (req, res) => {
      Reflect.set(req, 'session', undefined)
      res.json(Reflect.get(req, 'session'))
    })
  })
  await get('/in/ada')
  expect(await (await get('/null')).json()).toBe(null)
  expect(get.jar.size).toBe(0)
})

it('replaces the data by an object, and refuses other values', async () => {
  const get = await visit({ keys }, (app) => {
    people(app)
    app.get('/set/:kind', (req, res) => {
      Reflect.set(
        req,
        'session',
        req.params.kind === 'object' ? { cart: 1 } : req.params.kind === 'empty' ? {} : 'text',
      )
      res.json(sessionOf(req).isNew)
    })
  })
  await get('/put/note/hello')
  expect(await (await get('/set/object')).json()).toBe(true)
  expect(await (await get('/data')).json()).toEqual({ cart: 1 })
  expect(cookiesOf(await get('/set/empty'))).toEqual([])
  expect(await (await get('/data')).json()).toEqual({ cart: 1 })
  const text = await get('/set/text')
  expect([text.status, await text.text()]).toEqual([
    500,
    expect.stringContaining('req.session can only be set as null or an object.'),
  ])
})

it('takes the attributes from the options, and for one request from req.sessionOptions', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2030, 0, 1) })
  const attributes = { path: '/', domain: 'example.com', sameSite: true, priority: 'high', partitioned: true } as const
  const get = await visit({ keys, maxAge: 3_600_000, httpOnly: false, secure: false, ...attributes }, (app) => {
    app.get('/day', (req, res) => {
      sessionOf(req)['day'] = 1
      Object.assign(Reflect.get(req, 'sessionOptions') as object, { maxAge: 24 * 3_600_000, domain: undefined })
      res.end()
    })
    app.get('/wrong', (req, res) => {
      sessionOf(req)['wrong'] = 1
      Object.assign(Reflect.get(req, 'sessionOptions') as object, { path: '/; secure' })
      res.end()
    })
    people(app)
  })
  expect(cookiesOf(await get('/put/a/b'))[0]).toMatch(
    /^session=[\w-]+; path=\/; expires=Tue, 01 Jan 2030 01:00:00 GMT; domain=example.com; priority=high; samesite=strict; partitioned$/,
  )
  expect(cookiesOf(await get('/day'))[0]).toMatch(/; expires=Wed, 02 Jan 2030 00:00:00 GMT; priority/)
  expect(cookiesOf(await get('/put/a/c'))[0]).toContain('01:00:00 GMT; domain')
  const wrong = await get('/wrong')
  expect([wrong.status, cookiesOf(wrong)]).toEqual([500, []])
})

it('shows in req.sessionOptions which defaults are in force, and leaves the options as they are', async () => {
  const options = { keys, httpOnly: false, overwrite: undefined }
  const get = await visit(options, (app) => {
    app.get('/options', (req, res) => {
      const { name, httpOnly, overwrite, signed } = Reflect.get(req, 'sessionOptions') as CookieSessionOptions
      res.json({ name, httpOnly, overwrite, signed })
    })
  })
  expect(await (await get('/options')).json()).toEqual({ httpOnly: false, overwrite: true, signed: true })
  expect(options).toEqual({ keys, httpOnly: false, overwrite: undefined })
})

it('ends a session that was not used for maxAge, and keeps one that is used', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const get = await visit({ keys, maxAge: 3_600_000 })
  await get('/in/ada')
  const unused = visitor({ origin: '' }, new Map(get.jar))
  for (let minutes = 0; minutes < 120; minutes += 30) {
    vi.setSystemTime(Date.now() + 30 * 60_000)
    const response = await get('/plain')
    // The cookie's expiry moves, although the page did not use the session.
    expect(cookiesOf(response)[0]).toMatch(/^session=.*; expires=/)
  }
  expect(await (await get('/who')).json()).toBe('ada')
  get.jar.set('session', unused.jar.get('session')!)
  expect(await (await get('/who')).json()).toBe(null)
})

it('ends a session at its absolute timeout', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const get = await visit({ keys, maxAge: 3_600_000, absoluteTimeout: 5400 })
  await get('/in/ada')
  vi.setSystemTime(Date.now() + 3_000_000)
  expect(await (await get('/who')).json()).toBe('ada')
  vi.setSystemTime(Date.now() + 3_000_000)
  expect(await (await get('/who')).json()).toBe(null)
})

it('keeps a session for maxAge, however long', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const dayMs = 24 * 3_600_000
  const get = await visit({ keys, maxAge: 1000 * dayMs })
  await get('/in/ada')
  vi.setSystemTime(Date.now() + 900 * dayMs)
  expect(await (await get('/who')).json()).toBe('ada')
})

it('replaces an earlier cookie of its name, unless overwrite is false', async () => {
  const earlier: express.RequestHandler = (_req, res, next) => {
    res.setHeader('Set-Cookie', ['session=earlier; path=/', 'other=1'])
    next()
  }
  const lines = async (overwrite: boolean) => {
    const origin = await start(earlier, (app) => void app.use(cookieSession({ keys, overwrite })), people)
    return cookiesOf(await visitor({ origin })('/in/ada'))
  }
  expect(await lines(true)).toEqual(['other=1', expect.stringMatching(/^session=[\w-]{40,}/)])
  expect(await lines(false)).toHaveLength(3)
})

it('sets no Secure cookie over http, and says so', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const get = await visit({ keys, secure: true }, (app) => {
    app.set('trust proxy', 1)
    people(app)
  })
  expect(cookiesOf(await get('/in/ada'))).toEqual([])
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('secure is set'))
  const secure = await get('/in/ada', { headers: { 'x-forwarded-proto': 'https' } })
  expect(cookiesOf(secure)).toEqual([expect.stringContaining('; secure; httponly')])
})

it('makes the cookie Secure over https by default', async () => {
  const get = await visit({ keys }, (app) => {
    app.set('trust proxy', 1)
    people(app)
  })
  const response = await get('/in/ada', { headers: { 'x-forwarded-proto': 'https' } })
  expect(cookiesOf(response)).toEqual([expect.stringContaining('; secure')])
})

it('keeps every key, also those that mean something elsewhere', async () => {
  const names = ['flash', 'flash.x', 'aside.x', '.x', '_flash.x', 'save', 'regenerate', 'toString2', 'é 中']
  const get = await visit({ keys }, (app) => {
    app.get('/all', (req, res) => {
      for (const name of names) sessionOf(req)[name] = { [name]: [null, 1.5] }
      sessionOf(req)['when'] = new Date(0)
      sessionOf(req)['dropped'] = () => {}
      res.end()
    })
    people(app)
  })
  await get('/all')
  expect(await (await get('/data')).json()).toEqual({
    ...Object.fromEntries(names.map((name) => [name, { [name]: [null, 1.5] }])),
    when: '1970-01-01T00:00:00.000Z',
  })
})

it('fails instead of losing data that is too large for a cookie', async () => {
  const get = await visit({ keys }, (app) => {
    app.get('/large', (req, res) => {
      sessionOf(req)['text'] = 'x'.repeat(5000)
      res.json('saved')
    })
    people(app)
  })
  await get('/in/ada')
  const large = await get('/large')
  expect([large.status, cookiesOf(large)]).toEqual([500, []])
  expect(await (await get('/who')).json()).toBe('ada')
})

it('lets the error handler answer if the data has no JSON', async () => {
  const get = await visit({ keys }, (app) => {
    app.get('/cycle', (req, res) => {
      sessionOf(req)['self'] = req.socket
      res.json('saved')
    })
    const handleError: express.ErrorRequestHandler = (error: Error, _req, res, _next) =>
      void res.status(418).json(error.name)
    app.use(handleError)
  })
  const response = await get('/cycle')
  expect([response.status, await response.json()]).toEqual([418, 'TypeError'])
})

it('gives a session a new id when its user changes', async () => {
  const get = await visit({ keys })
  await get('/put/cart/apples')
  const guest = new Map(get.jar)
  await get('/in/ada')
  expect(await (await get('/data')).json()).toEqual({ cart: 'apples', userId: 'ada' })
  const ada = new Map(get.jar)
  await get('/in/bob')
  expect(await (await get('/who')).json()).toBe('bob')
  const server = { origin: new URL((await get('/plain')).url).origin }
  for (const jar of [guest, ada]) expect(await (await visitor(server, jar)('/data')).json()).toEqual({})
})

it('ends the session from before regenerate, also a guest’s', async () => {
  const get = await visit({ keys }, (app) => {
    app.get('/again', (req, res) => {
      sessionOf(req).regenerate(() => {
        sessionOf(req)['fresh'] = 1
        res.end()
      })
    })
    people(app)
  })
  await get('/put/cart/apples')
  const before = get.jar.get('session')!
  await get('/again')
  expect(await (await get('/data')).json()).toEqual({ fresh: 1 })
  get.jar.set('session', before)
  expect(await (await get('/data')).json()).toEqual({})
})

it('seals with the first key, and opens with all', async () => {
  const get = await visit({ keys: ['the older key'] })
  await get('/in/ada')
  const jar = new Map(get.jar)
  const both = visitor(
    { origin: await start(cookieSession({ keys: ['the newer key', 'the older key'] }), people) },
    jar,
  )
  expect(await (await both('/who')).json()).toBe('ada')
  const newer = visitor({ origin: await start(cookieSession({ secret: 'the newer key' }), people) }, jar)
  expect(await (await newer('/who')).json()).toBe('ada')
  expect(
    await (await (await visit({ keys: ['a third key'] }))('/who', { headers: { cookie: newer.header() } })).json(),
  ).toBe(null)
})

it('has its own name, and several of them side by side', async () => {
  const origin = await start(null, (app) => {
    app.get('/one/:id', cookieSession({ keys, name: 'one' }), (req, res) => {
      sessionOf(req)['userId'] = req.params['id']
      res.end()
    })
    app.get('/both', cookieSession({ keys, name: 'one' }), (req, res) => {
      const one = sessionOf(req)['userId'] as unknown
      cookieSession({ keys, name: 'two' })(req, res, () => void res.json([one, sessionOf(req)['userId'] ?? null]))
    })
  })
  const get = visitor({ origin })
  await get('/one/ada')
  expect([...get.jar.keys()]).toEqual(['one'])
  get.jar.set('two', get.jar.get('one')!)
  expect(await (await get('/both')).json()).toEqual(['ada', null])
})

it('saves what an error handler and a failed page have changed', async () => {
  const get = await visit({ keys }, (app) => {
    people(app)
    app.get('/fail', (req) => {
      sessionOf(req)['failures'] = 1
      throw new Error('failed')
    })
  })
  expect((await get('/fail')).status).toBe(500)
  expect(await (await get('/data')).json()).toEqual({ failures: 1 })
})

it('refuses cookies that no one signed, and seals by SECRET_KEY without keys', async () => {
  vi.stubEnv('SECRET_KEY', 'a secret of the environment with more than 32 characters')
  const get = await visit({ signed: false })
  vi.unstubAllEnvs()
  const forged = `session=${Buffer.from('{"userId":"admin"}').toString('base64')}`
  expect(await (await get('/who', { headers: { cookie: forged } })).json()).toBe(null)
  await get('/in/ada')
  expect(await (await get('/who')).json()).toBe('ada')
})

it('opens the session of a socket, whose response is empty', async () => {
  const get = await visit({ keys })
  await get('/in/ada')
  const handshake = { headers: { cookie: get.header() } } as express.Request
  await new Promise<void>((resolve) => void cookieSession()(handshake, {} as express.Response, () => resolve()))
  expect(sessionOf(handshake)).toMatchObject({ userId: 'ada' })
})
