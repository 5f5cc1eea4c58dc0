import type { ErrorRequestHandler, RequestHandler } from 'express'
import formerSession from 'express-session'
import session, { type SessionOptions } from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, it, vi } from 'vitest'
import { cookieOf, options, serve, watchedStore } from './serve.ts'

/** An application with guests and users. The way in which a user signs in is the path. */
async function application(given: SessionOptions = {}) {
  const sessions = session(options({ store: memoryStore(), ...given }))
  const holds: (() => void)[] = []
  const listDevices: RequestHandler = async (req, res) => {
    const list = await sessions.list(req.session.userId!)
    res.json(list.map(({ id }) => id === sessions.idOf(req.session)))
  }
  const revokeOthers: RequestHandler = async (req, res) => {
    res.json(await sessions.revokeAll(req.session.userId!, { except: req.session }))
  }
  const get = await serve((app) => {
    app.use(sessions)
    app.get('/visit', (req, res) => {
      req.session.cart = ['tea']
      res.end()
    })
    app.get('/assign/:user', (req, res) => {
      req.session.userId = req.params.user
      res.redirect('/')
    })
    app.get('/save/:user', (req, res, next) => {
      req.session.userId = req.params.user
      req.session.save((error) => (error ? next(error) : res.redirect('/')))
    })
    app.get('/regenerate/:user', (req, res, next) => {
      req.session.regenerate((error) => {
        if (error) return next(error)
        req.session.userId = req.params.user
        res.redirect('/')
      })
    })
    app.get('/stream/:user', (req, res) => {
      res.write('x')
      setImmediate(() => {
        req.session.userId = req.params.user
        res.end()
      })
    })
    app.get('/held/:user', (req, res) => {
      holds.push(() => {
        if (req.params.user !== '-') req.session.userId = req.params.user
        req.session.visits = 1
        res.end()
      })
    })
    app.get('/held-out', (req, res, next) => {
      holds.push(() => req.session.destroy((error) => (error ? next(error) : res.end())))
    })
    app.get('/both/:user', (req, res) => {
      req.session.visits = 1
      req.session.save()
      req.session.userId = req.params.user
      res.write('x')
      res.end()
    })
    app.get('/in-and-out/:user', (req, res, next) => {
      req.session.userId = req.params.user
      req.session.save((error) => {
        delete req.session.userId
        if (error) next(error)
        else res.end()
      })
    })
    app.get('/leave', (req, res) => {
      delete req.session.userId
      res.end()
    })
    app.get('/destroy', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.end())))
    app.get('/', (req, res) => void res.json([req.session.userId ?? null, req.session.cart ?? null]))
    app.get('/devices', listDevices)
    app.get('/others', revokeOthers)
  })
  const held = async (): Promise<void> => {
    while (holds.length === 0) await new Promise(setImmediate)
  }
  const release = async (): Promise<void> => {
    await held()
    holds.shift()!()
  }
  return { get, sessions, held, release }
}

describe('a sign-in', () => {
  it.each(['assign', 'save', 'both', 'regenerate'])(
    'by %s gives a new id, and the guest’s one is over',
    async (way) => {
      const { get, sessions } = await application()
      const guest = cookieOf(await get('/visit'))
      const user = cookieOf(await get(`/${way}/ada`, guest))
      expect(user).not.toBe('')
      expect(user).not.toBe(guest)
      const cart = way === 'regenerate' ? null : ['tea']
      expect(await (await get('/', user)).json()).toEqual(['ada', cart])
      expect(await (await get('/', guest)).json()).toEqual([null, null])
      expect(await sessions.list('ada')).toHaveLength(1)
    },
  )

  it('of another user, and a sign-out that only removes the user, give a new id, too', async () => {
    const { get, sessions } = await application()
    const ada = cookieOf(await get('/assign/ada'))
    const bob = cookieOf(await get('/assign/bob', ada))
    expect(await (await get('/', bob)).json()).toEqual(['bob', null])
    const nobody = cookieOf(await get('/leave', bob))
    expect(await (await get('/', nobody)).json()).toEqual([null, null])
    for (const cookie of [ada, bob]) expect(await (await get('/', cookie)).json()).toEqual([null, null])
    expect([await sessions.list('ada'), await sessions.list('bob')]).toEqual([[], []])
  })

  it('after the first byte gives a new id with the next response', async () => {
    const { get, sessions } = await application()
    const guest = cookieOf(await get('/visit'))
    await (await get('/stream/ada', guest)).text()
    const user = cookieOf(await get('/', guest))
    expect(user).not.toBe('')
    expect(await (await get('/', user)).json()).toEqual(['ada', ['tea']])
    expect(await (await get('/', guest)).json()).toEqual([null, null])
    expect(await sessions.list('ada')).toHaveLength(1)
  })

  it('that is sent twice succeeds twice, because the browser may ignore the first response', async () => {
    const { get, held, release } = await application()
    const guest = cookieOf(await get('/visit'))
    const second = get('/held/ada', guest)
    await held()
    await get('/assign/ada', guest)
    await release()
    expect(await (await get('/', cookieOf(await second))).json()).toEqual(['ada', ['tea']])
  })

  it('that is taken back by the same request leaves a guest’s session', async () => {
    const { get, sessions } = await application()
    const guest = cookieOf(await get('/visit'))
    const next = cookieOf(await get('/in-and-out/ada', guest))
    expect(await (await get('/', next)).json()).toEqual([null, ['tea']])
    expect(await sessions.list('ada')).toEqual([])
  })

  it('succeeds although the guest’s session cannot be ended', async () => {
    const store = new formerSession.MemoryStore()
    store.destroy = (_id, callback) => callback?.(new Error('The store is down.'))
    const { get } = await application({ store })
    const guest = cookieOf(await get('/visit'))
    const response = await get('/assign/ada', guest)
    expect(response.status).toBe(302)
    expect(await (await get('/', cookieOf(response))).json()).toEqual(['ada', ['tea']])
  })

  it('of another user fails if the former session cannot be ended, and that lives on', async () => {
    const { store, state } = watchedStore(memoryStore())
    const { get, sessions } = await application({ store })
    const ada = cookieOf(await get('/assign/ada'))
    const failure = Promise.reject(new Error('The store is down.'))
    failure.catch(() => {})
    state.delays['end'] = failure
    const response = await get('/assign/bob', ada)
    expect([response.status, cookieOf(response)]).toEqual([503, ''])
    delete state.delays['end']
    expect(await (await get('/', ada)).json()).toEqual(['ada', null])
    await vi.waitFor(async () => expect(await sessions.list('bob')).toEqual([]), 20_000)
  })

  it.each(['assign', 'save', 'regenerate'])(
    'by %s is not undone by a later request with the id from before',
    async (way) => {
      const stores = [memoryStore(), new formerSession.MemoryStore()]
      for (const store of stores) {
        const { get } = await application({ store, saveUninitialized: true })
        const guest = cookieOf(await get('/'))
        const user = cookieOf(await get(`/${way}/ada`, guest))
        for (const path of ['/', '/visit']) expect(cookieOf(await get(path, guest))).toBe('')
        expect(await (await get('/', user)).json()).toEqual(['ada', null])
        expect(cookieOf(await get(`/assign/ada`, guest))).not.toBe('')
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 })
        try {
          expect(cookieOf(await get('/', guest))).not.toBe('')
        } finally {
          vi.useRealTimers()
        }
      }
    },
  )

  it('keeps the id if rotate is false', async () => {
    const { get } = await application({ rotate: false })
    const guest = cookieOf(await get('/visit'))
    expect(cookieOf(await get('/assign/ada', guest))).toBe('')
    expect(await (await get('/', guest)).json()).toEqual(['ada', ['tea']])
  })

  it('is refused if the user’s sessions were all ended while it was under way', async () => {
    const { get, sessions, held, release } = await application()
    const signIn = get('/held/ada')
    await held()
    await sessions.revokeAll('ada')
    await release()
    const response = await signIn
    expect([response.status, cookieOf(response)]).toEqual([409, ''])
    expect(await sessions.list('ada')).toEqual([])
  })
})

describe('a sign-out', () => {
  it.each(['-', 'bob'])('is not undone by a slower request of the session (%s)', async (user) => {
    const { get, held, release } = await application({ rolling: true })
    const cookie = cookieOf(await get('/assign/ada'))
    const slow = get(`/held/${user}`, cookie)
    await held()
    const out = get('/destroy', cookie)
    expect(cookieOf(await out)).toBe('')
    await release()
    expect((await slow).status).toBe(200)
    if (user === '-') expect(cookieOf(await slow)).toBe('')
    expect(await (await get('/', cookie)).json()).toEqual([null, null])
  })

  it('lets the next request begin a guest’s session', async () => {
    const { get } = await application()
    const ada = cookieOf(await get('/assign/ada'))
    await get('/destroy', ada)
    expect(cookieOf(await get('/visit', ada))).not.toBe('')
  })

  it.each([
    ['a store of Sojourn', memoryStore],
    ['a store of express-session', () => new formerSession.MemoryStore()],
  ])('is not undone by a slower request that changes the user, with %s', async (_, createStore) => {
    const { get, held, release } = await application({ store: createStore() })
    const cookie = cookieOf(await get('/assign/ada'))
    const slow = get('/held/bob', cookie)
    await held()
    await get('/destroy', cookie)
    await release()
    expect([(await slow).status, cookieOf(await slow)]).toEqual([200, ''])
    expect(await (await get('/', cookie)).json()).toEqual([null, null])
  })

  it('of all sessions is not undone by a slower request that changes the user', async () => {
    const { get, sessions, held, release } = await application()
    const cookie = cookieOf(await get('/assign/ada'))
    const slow = get('/held/bob', cookie)
    await held()
    await sessions.revokeAll('ada')
    await release()
    expect([(await slow).status, cookieOf(await slow)]).toEqual([200, ''])
    expect([await sessions.list('ada'), await sessions.list('bob')]).toEqual([[], []])
  })

  it('is not undone by a slower request of a user who signed in behind the first byte', async () => {
    const { get, sessions, held, release } = await application()
    const guest = cookieOf(await get('/visit'))
    await (await get('/stream/ada', guest)).text()
    const slow = get('/held/-', guest)
    await held()
    const user = cookieOf(await get('/', guest))
    await get('/destroy', user)
    await release()
    expect([(await slow).status, cookieOf(await slow)]).toEqual([200, ''])
    expect(await sessions.list('ada')).toEqual([])
  })

  it('counts at once although the store is down', async () => {
    const { store, state } = watchedStore(memoryStore())
    const { get, held, release } = await application({ store })
    const cookie = cookieOf(await get('/assign/ada'))
    const out = get('/held-out', cookie)
    await held()
    state.isDown = true
    await release()
    expect((await out).status).toBe(200)
    state.isDown = false
    expect(await (await get('/', cookie)).json()).toEqual([null, null])
  })
})

describe('lists', () => {
  it('name the session of the request, and revokeAll can spare it', async () => {
    const { get, sessions } = await application()
    const [here, there] = [cookieOf(await get('/assign/ada')), cookieOf(await get('/save/ada'))]
    expect((await (await get('/devices', here)).json()).toSorted()).toEqual([false, true])
    expect(await (await get('/others', here)).json()).toMatchObject({ ended: 1, exceptEnded: false })
    expect(await (await get('/', here)).json()).toEqual(['ada', null])
    expect(await (await get('/', there)).json()).toEqual([null, null])
    expect(await sessions.list('ada')).toHaveLength(1)
  })

  it('give ids that revoke ends, of their user only', async () => {
    const { get, sessions } = await application()
    const cookie = cookieOf(await get('/assign/ada'))
    const { id } = (await sessions.list('ada'))[0]!
    expect(cookie).not.toContain(id)
    expect(await sessions.revoke('bob', id)).toMatchObject({ ended: 0 })
    expect(await sessions.revoke('ada', id)).toMatchObject({ ended: 1 })
    expect(await (await get('/', cookie)).json()).toEqual([null, null])
  })

  it('need a store of Sojourn', async () => {
    const sessions = session(options({ store: new formerSession.MemoryStore() }))
    for (const call of [sessions.list('ada'), sessions.revoke('ada', 'x'), sessions.revokeAll('ada')])
      await expect(call).rejects.toMatchObject({
        code: 'ERR_NO_STORE',
        message: expect.stringContaining('in the option store') as string,
      })
  })

  it.each([
    [{ passport: { user: 7 } }, '7'],
    [{ passport: { user: { id: 'ada' } } }, 'ada'],
    [{ userId: 7 }, '7'],
    [{ user: { id: 'ada' } }, 'ada'],
    [{ user: 'a name' }, null],
  ])('know the user of %j', async (values, user) => {
    const store = memoryStore()
    const get = await serve((app) => {
      app.use(session(options({ store })))
      app.get('/', (req, res) => res.end(String(Object.keys(Object.assign(req.session, values)))))
    })
    await get('/')
    const users = []
    for await (const entry of store.all!()) if ('key' in entry) users.push(entry.key.userId)
    expect(users).toContain(user)
  })

  it.each([
    ['an id', 'ada'],
    ['an object with an id', { id: 'ada' }],
  ])('know the user by user: %s', async (_name, user) => {
    const sessions = session(options({ store: memoryStore() }))
    const get = await serve((app) => {
      app.use(sessions)
      app.get('/', (req, res) => {
        Object.assign(req.session, { user })
        res.end()
      })
    })
    await get('/')
    expect(await sessions.list('ada')).toHaveLength(1)
  })

  it.each([{}, true, ['ada']])('refuse a userOf that returns %j, because it is no id', async (value) => {
    const get = await serve((app) => {
      app.use(session(options({ store: memoryStore(), userOf: ({ user }: any) => user && value })))
      app.get('/', (req, res) => {
        Object.assign(req.session, { user: 'ada' })
        res.end()
      })
      app.use(((error, _req, res, _next) => void res.status(500).end(error.message)) as ErrorRequestHandler)
    })
    const response = await get('/')
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('userOf returned a value')])
  })

  it('take a userOf that returns false for a guest', async () => {
    const { get } = await application({ userOf: () => false as never })
    expect(cookieOf(await get('/visit'))).toContain('connect.sid')
  })

  it('know the user by userOf', async () => {
    const { get, sessions } = await application({ userOf: ({ userId }) => (userId ? `tenant ${userId}` : null) })
    await get('/assign/ada')
    expect([await sessions.list('ada'), await sessions.list('tenant ada')]).toEqual([[], [expect.anything()]])
  })
})
