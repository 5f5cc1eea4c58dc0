import formerSession from 'express-session'
import session, { type SessionOptions } from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { expect, it } from 'vitest'
import type { Express, RequestHandler } from 'express'
import { cookieOf, options, serve, watchedStore } from './serve.ts'

const handlers = (app: Express): void => {
  app.get('/in/:user', (req, res) => {
    req.session.userId = req.params.user
    res.end()
  })
  app.get('/guest', (req, res) => {
    req.session.cart = ['tea']
    res.end()
  })
  app.get('/out', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.end())))
  app.get('/', (req, res) => void res.json([req.session.userId ?? null, req.session.cart ?? null]))
}

/** The same application before and after the change of its import. */
async function swapped(given: SessionOptions = {}) {
  const former = new formerSession.MemoryStore()
  // Servers of the former version may still run, and the former store may not know of the sign-out.
  const from = { get: former.get.bind(former) }
  const before = await serve((app) => {
    app.use(formerSession({ ...options(), store: former } as formerSession.SessionOptions))
    handlers(app)
  })
  const { store, state } = watchedStore(memoryStore())
  const sessions = session(options({ store, from, ...given }))
  const after = await serve((app) => {
    app.use(sessions)
    handlers(app)
  })
  return { former, before, after, sessions, state }
}

it('takes over users and guests with their cookies, once', async () => {
  const { before, after, sessions } = await swapped()
  const [user, guest] = [cookieOf(await before('/in/ada')), cookieOf(await before('/guest'))]
  for (let visit = 0; visit < 2; visit++) {
    const [asUser, asGuest] = [await after('/', user), await after('/', guest)]
    expect([await asUser.json(), cookieOf(asUser)]).toEqual([['ada', null], ''])
    expect([await asGuest.json(), cookieOf(asGuest)]).toEqual([[null, ['tea']], ''])
  }
  expect(await sessions.list('ada')).toHaveLength(1)
})

it('takes over 100 users whose requests come at once, twice each', async () => {
  const { before, after, sessions } = await swapped()
  const users = Array.from({ length: 100 }, (_, index) => `user ${index}`)
  const cookies = await Promise.all(users.map(async (user) => cookieOf(await before(`/in/${user}`))))
  const visit = async (cookie: string): Promise<string> => (await (await after('/', cookie)).json())[0]
  const found = await Promise.all(cookies.flatMap((cookie) => [visit(cookie), visit(cookie)]))
  expect(found).toEqual(users.flatMap((user) => [user, user]))
  for (const user of users) expect(await sessions.list(user)).toHaveLength(1)
})

it.each(['/in/ada', '/guest'])(
  'takes over a session that several requests of two processes send at once (%s)',
  async (path) => {
    const { former, before } = await swapped()
    const cookie = cookieOf(await before(path))
    const shared = memoryStore()
    const servers = await Promise.all(
      [0, 1].map(async () => {
        const { store, state } = watchedStore(shared)
        for (const name of ['read', 'create']) state.delays[name] = new Promise(setImmediate)
        return serve((app) => {
          app.use(session(options({ store, from: former })))
          app.get('/count', (req, res) => {
            req.session.visits = 1
            res.json([req.session.userId ?? null, req.session.cart ?? null])
          })
        })
      }),
    )
    const responses = await Promise.all([0, 1, 0, 1, 0, 1].map(async (index) => servers[index]!('/count', cookie)))
    const found = await Promise.all(responses.map(async (response) => [await response.json(), cookieOf(response)]))
    const expected = path === '/guest' ? [null, ['tea']] : ['ada', null]
    expect(found).toEqual(responses.map(() => [expected, '']))
  },
)

it('keeps who signed out out, although the former store still has the record', async () => {
  const { former, before, after } = await swapped()
  const [user, guest] = [cookieOf(await before('/in/ada')), cookieOf(await before('/guest'))]
  for (const cookie of [user, guest]) {
    await after('/', cookie)
    await after('/out', cookie)
    expect(await (await after('/', cookie)).json()).toEqual([null, null])
  }
  const records = (former as unknown as { sessions: object }).sessions
  expect(Object.keys(records)).toHaveLength(2)
})

it('ends the record of the former store, too, if it can', async () => {
  const { former, before } = await swapped()
  const user = cookieOf(await before('/in/ada'))
  const after = await serve((app) => {
    app.use(session(options({ store: memoryStore(), from: former })))
    handlers(app)
  })
  await after('/out', user)
  expect(await (await before('/', user)).json()).toEqual([null, null])
})

it('does not take over a user whose sessions were all ended since', async () => {
  const { before, after, sessions } = await swapped()
  const user = cookieOf(await before('/in/ada'))
  await sessions.revokeAll('ada')
  expect(await (await after('/', user)).json()).toEqual([null, null])
})

it('answers 503 and changes no cookie while either store is down', async () => {
  const { before, state, after } = await swapped()
  const user = cookieOf(await before('/in/ada'))
  state.isDown = true
  const response = await after('/', user)
  expect([response.status, cookieOf(response)]).toEqual([503, ''])
  state.isDown = false
  expect(await (await after('/', user)).json()).toEqual(['ada', null])
  const broken: RequestHandler = session(
    options({
      store: memoryStore(),
      from: { get: (_id, callback) => callback(new Error('The former store is down.')) },
    }),
  )
  const other = await serve((app) => void app.use(broken))
  const refused = await other('/', user)
  expect([refused.status, cookieOf(refused)]).toEqual([503, ''])
})

it('answers 503 if the former store does not answer in time', async () => {
  const { before } = await swapped()
  const silent = session(options({ store: memoryStore(), from: { get() {} }, storeTimeout: 0.05 }))
  const get = await serve((app) => void app.use(silent))
  expect((await get('/', cookieOf(await before('/in/ada')))).status).toBe(503)
})

it('needs a store of Sojourn', () => {
  const store = new formerSession.MemoryStore()
  expect(() => session(options({ store, from: store }))).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
})
