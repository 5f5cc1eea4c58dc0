import session, { type SessionOptions } from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, it, vi } from 'vitest'
import expressSession from 'express-session'
import type { RequestHandler, Response } from 'express'
import { cookieOf, options, serve, watchedStore } from './serve.ts'

/** Serves one handler for each path, and says which functions of express-session's store each request called. */
async function spied(given: SessionOptions, handlers: Record<string, RequestHandler>) {
  const store = new session.MemoryStore()
  const calls: string[] = []
  for (const name of ['get', 'set', 'touch', 'destroy'] as const) {
    const inner = store[name] as (...values: any[]) => void
    Object.assign(store, {
      [name](...values: any[]) {
        calls.push(name)
        inner.apply(store, values)
      },
    })
  }
  const get = await serve((app) => {
    app.use(session(options({ store, ...given })))
    for (const [path, handler] of Object.entries(handlers)) app.get(path, handler)
  })
  const request = async (path: string, cookie = '') => {
    calls.length = 0
    const response = await get(path, cookie)
    return { cookie: cookieOf(response), calls: calls.join(' '), response }
  }
  return { request, store }
}

const read: RequestHandler = (req, res) => void res.json(req.session.visits ?? null)
const write: RequestHandler = (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1
  res.end()
}

describe('saveUninitialized', () => {
  it('false stores no session that was not changed, and sends no cookie', async () => {
    const { request } = await spied({}, { '/read': read, '/write': write })
    expect(await request('/read')).toMatchObject({ calls: '', cookie: '' })
    expect(await request('/write')).toMatchObject({ calls: 'set', cookie: expect.stringContaining('connect.sid=') })
  })

  it('is true by default', async () => {
    const { request } = await spied({ saveUninitialized: undefined }, { '/read': read })
    expect(await request('/read')).toMatchObject({ calls: 'set', cookie: expect.stringContaining('connect.sid=') })
  })
})

describe('a response with 500', () => {
  it('leaves as the handler wrote it, with the changes saved', async () => {
    const fail: RequestHandler = (req, res) => {
      req.session.visits = 7
      res.status(500).send('mine')
    }
    const { request } = await spied({}, { '/read': read, '/fail': fail })
    const { cookie, response } = await request('/fail')
    expect([response.status, await response.text()]).toEqual([500, 'mine'])
    expect(await (await request('/read', cookie)).response.json()).toBe(7)
  })
})

describe('resave', () => {
  it('false touches a session that was not changed', async () => {
    const { request } = await spied({}, { '/read': read, '/write': write })
    const { cookie } = await request('/write')
    expect((await request('/read', cookie)).calls).toBe('get touch')
    expect((await request('/write', cookie)).calls).toBe('get set')
  })

  it('is true by default', async () => {
    const { request } = await spied({ resave: undefined }, { '/read': read, '/write': write })
    const { cookie } = await request('/write')
    expect((await request('/read', cookie)).calls).toBe('get set')
  })
})

describe('rolling', () => {
  it('sends the cookie again with each response', async () => {
    const { request } = await spied({ rolling: true, cookie: { maxAge: 60_000 } }, { '/read': read, '/write': write })
    const { cookie } = await request('/write')
    expect((await request('/read', cookie)).cookie).toBe(cookie)
    // An empty session is no reason for a cookie.
    expect((await request('/read')).cookie).toBe('')
  })

  it('false sends the cookie of a session with maxAge again if it was changed', async () => {
    const { request } = await spied({ cookie: { maxAge: 60_000 } }, { '/read': read, '/write': write })
    const { cookie } = await request('/write')
    expect((await request('/read', cookie)).cookie).toBe('')
    expect((await request('/write', cookie)).cookie).toBe(cookie)
  })
})

describe('unset', () => {
  const unset: RequestHandler = (req, res) => {
    req.session = null as never
    res.end()
  }
  it("'keep' leaves the session in the store", async () => {
    const { request } = await spied({}, { '/write': write, '/unset': unset, '/read': read })
    const { cookie } = await request('/write')
    expect(await request('/unset', cookie)).toMatchObject({ calls: 'get', cookie: '' })
    expect(await (await request('/read', cookie)).response.json()).toBe(1)
  })

  it("'destroy' ends it", async () => {
    const { request } = await spied({ unset: 'destroy' }, { '/write': write, '/unset': unset, '/read': read })
    const { cookie } = await request('/write')
    expect(await request('/unset', cookie)).toMatchObject({ calls: 'get destroy', cookie: '' })
    expect(await (await request('/read', cookie)).response.json()).toBe(null)
  })
})

describe('the methods of a session', () => {
  it('save keeps the session before the response, and not again', async () => {
    const { request } = await spied(
      {},
      {
        '/': (req, res) => {
          req.session.visits = 1
          req.session.save(() => res.end())
        },
      },
    )
    expect((await request('/')).calls).toBe('set')
  })

  it('save without a callback, and a change after it, are both kept', async () => {
    const { request } = await spied(
      {},
      {
        '/': (req, res) => {
          req.session.a = 1
          req.session.save()
          req.session.b = 2
          res.end()
        },
        '/read': (req, res) => void res.json([req.session.a, req.session.b]),
      },
    )
    const { cookie, calls } = await request('/')
    expect(calls).toBe('set set')
    expect(await (await request('/read', cookie)).response.json()).toEqual([1, 2])
  })

  it('reload reads what another request has written', async () => {
    const { request, store } = await spied(
      {},
      {
        '/write': write,
        '/reload': (req, res) => {
          const id = req.sessionID
          store.get(id, (_error, values) =>
            store.set(id, { ...values!, visits: 7 }, () =>
              req.session.reload(() => void res.json([req.session.visits, req.sessionID === id])),
            ),
          )
        },
        '/gone': (req, res) =>
          void store.destroy(req.sessionID, () =>
            req.session.reload((error) => void res.json((error as Error).message)),
          ),
      },
    )
    const { cookie } = await request('/write')
    expect(await (await request('/reload', cookie)).response.json()).toEqual([7, true])
    expect(await (await request('/gone', cookie)).response.json()).toBe('failed to load session')
  })

  it('regenerate ends the session, and starts one with another id', async () => {
    const { request } = await spied(
      {},
      {
        '/write': write,
        '/read': read,
        '/new': (req, res) => {
          const { session: former, sessionID } = req
          req.session.regenerate(
            () => void res.json([req.session !== former, req.sessionID !== sessionID, req.session.visits ?? null]),
          )
        },
      },
    )
    const { cookie } = await request('/write')
    const next = await request('/new', cookie)
    expect(await next.response.json()).toEqual([true, true, null])
    expect(next.cookie).not.toBe(cookie)
    expect(await (await request('/read', cookie)).response.json()).toBe(null)
  })

  it('destroy ends the session, and removes it from the request', async () => {
    const { request } = await spied(
      {},
      {
        '/write': write,
        '/read': read,
        '/out': (req, res) => req.session.destroy(() => void res.json(req.session === undefined)),
      },
    )
    const { cookie } = await request('/write')
    const out = await request('/out', cookie)
    expect([await out.response.json(), out.cookie, out.calls]).toEqual([true, '', 'get destroy'])
    expect(await (await request('/read', cookie)).response.json()).toBe(null)
  })

  it('are not enumerable, and neither are req and id', async () => {
    const { request } = await spied(
      {},
      {
        '/': (req, res) => {
          const names = []
          for (const name in req.session) names.push(name)
          res.json([
            names,
            Object.keys(req.session),
            req.session.id === req.sessionID,
            Reflect.get(req.session, 'req') === req,
          ])
        },
      },
    )
    expect(await (await request('/')).response.json()).toEqual([['cookie'], ['cookie'], true, true])
  })
})

describe('the life of a session', () => {
  it('is the maxAge of its cookie, from the last use', async () => {
    const { request } = await spied({ cookie: { maxAge: 60_000 } }, { '/write': write, '/read': read })
    const { cookie } = await request('/write')
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      for (let use = 0; use < 3; use++) {
        vi.setSystemTime(Date.now() + 50_000)
        expect(await (await request('/read', cookie)).response.json()).toBe(1)
      }
      vi.setSystemTime(Date.now() + 60_000)
      expect(await (await request('/read', cookie)).response.json()).toBe(null)
    } finally {
      vi.useRealTimers()
    }
  })

  it('can be changed by a request that changes nothing else, and other requests write nothing', async () => {
    const { store, state } = watchedStore(memoryStore())
    const { request } = await spied(
      { store, touchAfter: 60, cookie: { maxAge: 60_000 } },
      {
        '/write': write,
        '/read': read,
        '/remember': (req, res) => {
          req.session.cookie.maxAge = 30 * 86_400_000
          res.end()
        },
      },
    )
    const { cookie } = await request('/write')
    const again = (await request('/remember', cookie)).cookie || cookie
    state.calls.length = 0
    await request('/read', again)
    expect(state.calls).toEqual(['read'])
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      vi.setSystemTime(Date.now() + 29 * 86_400_000)
      expect(await (await request('/read', again)).response.json()).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('can be changed by a request, to a longer one as well', async () => {
    const { request } = await spied(
      { cookie: { maxAge: 60_000 } },
      {
        '/write': write,
        '/read': read,
        '/remember': (req, res) => {
          req.session.cookie.maxAge = 30 * 86_400_000
          req.session.userId = 'ada'
          res.end()
        },
      },
    )
    const { cookie } = await request('/remember', (await request('/write')).cookie)
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      vi.setSystemTime(Date.now() + 29 * 86_400_000)
      expect(await (await request('/read', cookie)).response.json()).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('is ttl, a day by default, if the cookie ends with the browser', async () => {
    for (const [given, seconds] of [
      [{}, 86_400],
      [{ ttl: 60 }, 60],
    ] as const) {
      const { request } = await spied(given, { '/write': write, '/read': read })
      const { cookie } = await request('/write')
      vi.useFakeTimers({ toFake: ['Date'] })
      try {
        vi.setSystemTime(Date.now() + seconds * 1000 - 1000)
        expect(await (await request('/read', cookie)).response.json()).toBe(1)
        vi.setSystemTime(Date.now() + seconds * 1000 + 1)
        expect(await (await request('/read', cookie)).response.json()).toBe(null)
      } finally {
        vi.useRealTimers()
      }
    }
  })
})

describe('the response', () => {
  it('leaves when the session is kept', async () => {
    const { store, state } = watchedStore(memoryStore())
    let keep = (): void => {}
    state.delays['create'] = new Promise<void>((resolve) => (keep = resolve))
    const get = await serve((app) => {
      app.use(session(options({ store })))
      app.get('/', (req, res) => {
        req.session.visits = 1
        res.redirect('/next')
        // Only now the store answers.
        setImmediate(keep)
      })
      app.get('/next', read)
    })
    const response = await get('/')
    expect(response.status).toBe(302)
    expect(await (await get('/next', cookieOf(response))).json()).toBe(1)
  })

  it.each([
    ['that has a length', (res: Response) => void res.send('read')],
    ['that has none', (res: Response) => void res.end('read')],
  ])('%s counts as sent while the last use is written, and ends after that', async (_, send) => {
    const { store, state } = watchedStore(memoryStore())
    let answer = (): void => {}
    state.delays['update'] = new Promise<void>((resolve) => (answer = resolve))
    const order: string[] = []
    const get = await serve((app) => {
      app.use(session(options({ store })))
      app.get('/write', write)
      app.get('/read', (_req, res) => {
        res.on('finish', () => order.push('finish'))
        send(res)
        order.push(`sent: ${res.headersSent}`)
        expect(() => res.setHeader('X', 'y')).toThrow('after they are sent')
        setImmediate(() => {
          order.push('answer')
          answer()
        })
      })
    })
    const cookie = cookieOf(await get('/write'))
    const response = await get('/read', cookie)
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '4', 'read'])
    expect(order).toEqual(['sent: true', 'answer', 'finish'])
  })

  it('leaves although the last use cannot be written', async () => {
    const store = new expressSession.MemoryStore()
    const get = await serve((app) => {
      app.use(session(options({ store })))
      app.get('/write', write)
      app.get('/read', read)
    })
    const cookie = cookieOf(await get('/write'))
    vi.spyOn(store, 'touch').mockImplementationOnce((_id, _session, callback) => {
      // A store that calls back twice must not end the response twice.
      ;(callback as (error: unknown) => void)(new Error('down'))
      ;(callback as (error: unknown) => void)(new Error('down'))
    })
    expect(await (await get('/read', cookie)).json()).toBe(1)
    vi.spyOn(store, 'touch').mockImplementationOnce(() => {
      throw new Error('broken')
    })
    expect(await (await get('/read', cookie)).json()).toBe(1)
  })

  it('may be streamed: changes behind the first byte are kept before the last one', async () => {
    const { request } = await spied(
      {},
      {
        '/': (req, res) => {
          req.session.a = 1
          res.write('x')
          setImmediate(() => {
            req.session.b = 2
            res.end('y')
          })
        },
        '/read': (req, res) => void res.json([req.session.a, req.session.b]),
      },
    )
    const { cookie, response } = await request('/')
    expect(await response.text()).toBe('xy')
    expect(await (await request('/read', cookie)).response.json()).toEqual([1, 2])
  })

  it('may be streamed, and ended once more at its end', async () => {
    const { request } = await spied(
      {},
      {
        '/': (req, res) => {
          res.write('x')
          setImmediate(() => {
            req.session.visits = 2
            res.end('y')
            res.end()
          })
        },
      },
    )
    expect(await (await request('/')).response.text()).toBe('xy')
  })

  it('that is ended twice, or changed after its end, fails as without a session', async () => {
    const { request } = await spied(
      {},
      {
        '/': (req, res) => {
          req.session.a = 1
          res.end('once')
          res.end('twice')
          try {
            res.setHeader('X', 'y')
          } catch (error) {
            errors.push((error as Error).message)
          }
        },
      },
    )
    const errors: string[] = []
    expect(await (await request('/')).response.text()).toBe('once')
    expect(errors).toEqual(['Cannot set headers after they are sent to the client'])
  })

  it('of a failure keeps the session as well', async () => {
    const { request } = await spied(
      {},
      {
        '/': (req, res) => {
          req.session.visits = 5
          res.status(500).end()
        },
        '/read': read,
      },
    )
    expect(await (await request('/read', (await request('/')).cookie)).response.json()).toBe(5)
  })
})

it('keeps values as JSON does', async () => {
  const { request } = await spied(
    {},
    {
      '/': (req, res) => {
        Object.assign(req.session, {
          at: new Date(0),
          none: undefined,
          call() {},
          list: [undefined],
          __proto__: { x: 1 },
        })
        res.end()
      },
      '/read': (req, res) => void res.json({ ...req.session, cookie: undefined }),
    },
  )
  const { cookie } = await request('/')
  expect(await (await request('/read', cookie)).response.json()).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    list: [null],
  })
})
