import { memoryStore } from '../../../../src/stores/memory.ts'
import type { Request } from 'express'
import { expect, it, onTestFinished, vi } from 'vitest'
import { watchedStore } from '../express-session/serve.ts'
import { cookieSession, keys, people, sessionOf, start, visitor } from './serve.ts'

it('lists a user’s sessions and ends them', async () => {
  const sessions = cookieSession({ keys, store: memoryStore() })
  const server = {
    origin: await start(sessions, people, (app) => {
      app.get('/id', (req, res) => void res.json(sessions.idOf(sessionOf(req))))
      app.get('/wrong', async (req, res) => {
        const wrong = sessions.revokeAll('bob', { except: sessionOf(req) })
        res.json(await wrong.catch((error: Error) => error.message))
      })
      app.get('/others', async (req, res) => void res.json(await sessions.revokeAll('ada', { except: sessionOf(req) })))
    }),
  }
  const [phone, laptop, bob] = [visitor(server), visitor(server), visitor(server)]
  for (const get of [phone, laptop]) await get('/in/ada')
  await bob('/in/bob')
  const id = await (await phone('/id')).json()
  const listed = await sessions.list('ada')
  expect(listed.map((each) => each.id)).toContain(id)
  expect(listed).toHaveLength(2)
  expect(phone.header()).not.toContain(id)

  await sessions.revoke('ada', id)
  expect(await (await phone('/who')).json()).toBe(null)
  await phone('/in/ada')
  expect((await laptop('/others')).status).toBe(200)
  expect(await (await phone('/who')).json()).toBe(null)
  expect(await (await laptop('/who')).json()).toBe('ada')
  expect(await (await laptop('/wrong')).json()).toContain('revokeAll spares only')
  await expect(sessions.revokeAll('bob', { except: {} })).rejects.toThrow('revokeAll spares only')
  await sessions.revokeAll('bob')
  expect(await (await bob('/who')).json()).toBe(null)
})

const wires: [string, () => object][] = [
  ['sealed cookies', () => ({})],
  ['a store', () => ({ store: memoryStore() })],
  ['cookies of the library', () => ({ wire: 'peer' })],
]

/** An application with a page that waits, and then does `work`. */
async function withSlowPage(options: object, work: (req: Request) => void) {
  const waiting: (() => void)[] = []
  const here = async (count = 1): Promise<void> => {
    while (waiting.length < count) await new Promise(setImmediate)
  }
  /** Lets the one go on that has waited for longest. */
  const release = (): void => waiting.shift()!()
  const server = {
    origin: await start(cookieSession({ keys, ...options }), people, (app) => {
      app.get('/slow', async (req, res) => {
        void sessionOf(req)['userId']
        await new Promise<void>((resolve) => waiting.push(resolve))
        work(req)
        res.json('slow')
      })
      app.get('/forget', (req, res) => {
        delete sessionOf(req)['userId']
        res.json('forgotten')
      })
    }),
  }
  const get = visitor(server)
  return { get, copy: () => visitor(server, new Map(get.jar)), here, release }
}

it.each(
  wires.slice(0, 2).flatMap(([where, options]) => ['bob', undefined].map((user) => [user, where, options] as const)),
)('keeps out a user who signs out while a slow page changes the user to %s, in %s', async (user, _where, options) => {
  const { get, copy, here, release } = await withSlowPage(options(), (req) => {
    Object.assign(sessionOf(req), { userId: user, secret: 'of ada' })
  })
  await get('/in/ada')
  const slow = copy()
  const response = slow('/slow')
  await here()
  await get('/out')
  release()
  expect([(await response).status, (await response).headers.getSetCookie()]).toEqual([200, []])
  expect(await (await slow('/data')).json()).toEqual({})
  await get('/in/eve')
  const next = get('/slow')
  await here()
  release()
  await next
  expect(await (await get('/data')).json()).toEqual({ ...(user && { userId: user }), secret: 'of ada' })
})

it.each(wires)('gives no cookie of a guest to a cookie that a sign-in has just replaced, in %s', async (_, options) => {
  const { get, copy, here, release } = await withSlowPage(options(), (req) => void (sessionOf(req)['views'] = 1))
  await get('/put/cart/tea')
  const [poll, during, after] = [copy(), copy(), copy()]
  const slow = [during('/slow')]
  await here()
  await get('/in/ada')
  slow.push(after('/slow'))
  await here(2)
  expect((await poll('/put/views/1')).headers.getSetCookie()).toEqual([])
  expect((await poll('/in/ada')).headers.getSetCookie()).not.toEqual([])
  release()
  expect((await slow[0]!).headers.getSetCookie()).toEqual([])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 })
  onTestFinished(() => void vi.useRealTimers())
  release()
  expect((await slow[1]!).headers.getSetCookie()).toEqual([])
  expect((await during('/put/views/1')).headers.getSetCookie()).not.toEqual([])
})

it.each(wires)(
  'lets a user sign in after regenerate, although the former session has ended, in %s',
  async (_, options) => {
    const { get, copy, here, release } = await withSlowPage(options(), (req) => {
      sessionOf(req).regenerate()
      sessionOf(req)['userId'] = 'bob'
    })
    await get('/in/ada')
    const other = copy()
    const slow = other('/slow')
    await here()
    await get('/out')
    release()
    await slow
    expect(await (await other('/data')).json()).toEqual({ userId: 'bob' })
  },
)

it('lets a user sign out with a cookie that a sign-in has replaced, but that still opens', async () => {
  const { get, copy } = await withSlowPage({ wire: 'peer' }, () => {})
  await get('/in/ada')
  const former = copy()
  await get('/in/bob')
  expect((await former('/forget')).headers.getSetCookie()).not.toEqual([])
})

it('needs a store to list and to revoke', async () => {
  const sessions = cookieSession()
  for (const call of [sessions.list('ada'), sessions.revoke('ada', 'x'), sessions.revokeAll('ada')])
    await expect(call).rejects.toMatchObject({ code: 'ERR_NO_STORE' })
  expect(sessions.idOf({})).toBe(null)
})

it('ends a user’s session when only the user is removed from it', async () => {
  const sessions = cookieSession({ keys, store: memoryStore() })
  const server = {
    origin: await start(sessions, people, (app) => {
      app.get('/forget', (req, res) => {
        delete sessionOf(req)['userId']
        res.json('forgotten')
      })
    }),
  }
  const get = visitor(server)
  await get('/in/ada')
  await get('/put/cart/apples')
  const copy = visitor(server, new Map(get.jar))
  await get('/forget')
  expect(await (await get('/data')).json()).toEqual({ cart: 'apples' })
  expect(await (await copy('/data')).json()).toEqual({})
  expect(await sessions.list('ada')).toEqual([])
})

it('opens no copy of a cookie after the sign-out, at any server', async () => {
  const store = memoryStore()
  const get = visitor({ origin: await start(cookieSession({ keys, store }), people) })
  await get('/in/ada')
  const jar = new Map(get.jar)
  await get('/out')
  const other = visitor({ origin: await start(cookieSession({ keys, store }), people) }, jar)
  expect(await (await other('/who')).json()).toBe(null)
})

it('keeps the changes of two requests at the same time, and more than 4 KB', async () => {
  let arrive = (): void => {}
  const bothHere = new Promise<void>((resolve) => {
    let here = 0
    arrive = () => void (++here === 2 && resolve())
  })
  const origin = await start(cookieSession({ keys, store: memoryStore() }), people, (app) => {
    app.get('/slow/:key', async (req, res) => {
      sessionOf(req)[req.params.key] = 'x'.repeat(5000)
      arrive()
      await bothHere
      res.end()
    })
  })
  const get = visitor({ origin })
  await get('/in/ada')
  await Promise.all([get('/slow/one'), get('/slow/two')])
  expect(Object.keys(await (await get('/data')).json()).toSorted()).toEqual(['one', 'two', 'userId'])
})

it('moves sessions from cookies to a store, and signs no one out', async () => {
  const server = { origin: await start(cookieSession({ keys }), people) }
  const get = visitor(server)
  await get('/in/ada')
  const sessions = cookieSession({ keys, store: memoryStore() })
  server.origin = await start(sessions, people)
  expect(await (await get('/who')).json()).toBe('ada')
  expect(await sessions.list('ada')).toHaveLength(1)
})

it('answers 503 while the store is down, changes no cookie, and goes on afterwards', async () => {
  const { store, state } = watchedStore(memoryStore())
  const get = visitor({ origin: await start(cookieSession({ keys, store, touchAfter: 0 }), people) })
  await get('/in/ada')
  const before = get.header()
  state.isDown = true
  for (const path of ['/who', '/put/a/b']) {
    const response = await get(path)
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
  }
  // A page that does not use the session is as ever.
  expect((await get('/plain')).status).toBe(200)
  state.isDown = false
  expect(get.header()).toBe(before)
  expect(await (await get('/who')).json()).toBe('ada')
})

it('signs no one in while the store is down', async () => {
  const { store, state } = watchedStore(memoryStore())
  const get = visitor({ origin: await start(cookieSession({ keys, store }), people) })
  state.isDown = true
  const response = await get('/in/ada')
  expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
})

it('writes nothing for a visitor without data', async () => {
  const { store, state } = watchedStore(memoryStore())
  const get = visitor({ origin: await start(cookieSession({ keys, store }), people) })
  await get('/who')
  await get('/plain')
  expect(state.calls.filter((name) => name === 'create' || name === 'update')).toEqual([])
})
