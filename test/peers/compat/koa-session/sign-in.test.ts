import { afterEach, expect, it, vi } from 'vitest'
import session from '../../../../src/compat/koa-session.ts'
import { memoryStore } from '../../../../src/stores/memory.ts'
import {
  failingStore,
  json,
  mapStore,
  people,
  start,
  stores,
  visit,
  visitor,
  type Options,
  type Visitor,
} from './serve.ts'

afterEach(() => void vi.useRealTimers())

/** A page that calls `work` when the test lets it go, and what the test needs for that. `here` waits for so many requests. */
function slowPage(work: (ctx: any) => unknown) {
  const waiting: (() => void)[] = []
  const here = async (count = 1): Promise<void> => {
    while (waiting.length < count) await new Promise(setImmediate)
  }
  /** Lets the one go on that has waited for longest. */
  const release = (): void => waiting.shift()!()
  const handle = async (ctx: any): Promise<void> => {
    people(ctx)
    if (ctx.path !== '/slow') return
    await new Promise<void>((resolve) => waiting.push(resolve))
    await work(ctx)
  }
  return { handle, here, release }
}

const copyOf = async (get: Visitor): Promise<Visitor> =>
  visitor({ origin: new URL((await get('/plain')).url).origin }, new Map(get.jar))

const works: [string, (ctx: any) => unknown][] = [
  ['writes', (ctx) => void (ctx.session.late = 1)],
  ['changes the user', (ctx) => void (ctx.session.userId = 'bob')],
  ['removes the user', (ctx) => void (ctx.session = { secret: 'of ada' })],
  ['gives the session a new key', async (ctx) => ctx.session.regenerate()],
  [
    'saves twice',
    async (ctx) => {
      await ctx.session.save()
      ctx.session.late = 1
    },
  ],
]
const ending = stores.filter(([where]) => where !== 'cookies of the library')

/** Signs a user out while a slow page works. Returns its response, and a visitor with the cookie from before. */
async function signOutMeanwhile(options: Options, work: Parameters<typeof slowPage>[0], signIn: string) {
  const { handle, here, release } = slowPage(work)
  const get = await visit(options, handle)
  await get(signIn)
  const slow = get('/slow')
  await here()
  const copy = await copyOf(get)
  await get('/out')
  release()
  async function lookSlowly(): Promise<Response> {
    const next = get('/slow')
    await here()
    release()
    return next
  }
  return { get, response: await slow, copy, lookSlowly }
}

it.each(ending.flatMap(([where, options]) => works.map(([name, work]) => [name, where, options, work] as const)))(
  'keeps out a user who signs out while a slow page %s, in %s',
  async (_name, _where, options, work) => {
    const { get, response, copy, lookSlowly } = await signOutMeanwhile(options(), work, '/in/ada')
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
    expect(await json(copy('/all'))).toEqual({})
    await get('/in/bob')
    expect((await lookSlowly()).status).toBe(200)
  },
)

it.each(
  ending.flatMap(([where, options]) =>
    works.filter(([name]) => !name.includes('user')).map(([name, work]) => [name, where, options, work] as const),
  ),
)(
  'does the same while a slow page %s, in %s, if userOf does not find the user',
  async (_name, _where, options, work) => {
    const { get, response, copy, lookSlowly } = await signOutMeanwhile(options(), work, '/put/account/ada')
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
    expect(await json(copy('/all'))).toEqual({})
    await get('/put/account/bob')
    expect((await lookSlowly()).status).toBe(200)
    expect(await json(get('/all'))).toMatchObject({ account: 'bob' })
  },
)

it.each(stores)(
  'keeps the session of a guest whose sign-in throws, and ends that of a user whose sign-out does, in %s',
  async (where, options) => {
    const get = await visit(options(), (ctx) => {
      people(ctx)
      if (ctx.path === '/forget') ctx['session'] = { secret: 'of ada' }
      if (ctx.query['fails'] !== undefined) throw new Error('The page fails.')
    })
    await get('/put/cart/tea')
    expect((await get('/in/ada?fails')).status).toBe(500)
    expect(await json(get('/all'))).toEqual({ cart: 'tea' })
    // Without a store, the data is in the cookie, which Koa removes.
    await get('/put/views/1?fails')
    expect(await json(get('/all'))).toEqual({ cart: 'tea', ...(where.startsWith('a store') && { views: '1' }) })
    for (const page of ['/out', '/forget']) {
      await get('/in/ada')
      const copy = await copyOf(get)
      await get(`${page}?fails`)
      if (where !== 'cookies of the library') expect(await json(copy('/all'))).toEqual({})
    }
  },
)

it.each(stores)('lets a user sign in who sends the form twice, in %s', async (_where, options) => {
  const { handle, here, release } = slowPage((ctx) => void (ctx.session.userId = 'ada'))
  const get = await visit(options(), handle)
  await get('/put/cart/tea')
  const second = await copyOf(get)
  const slow = second('/slow')
  await here()
  await get('/in/ada')
  release()
  await slow
  expect(await json(second('/all'))).toEqual({ cart: 'tea', userId: 'ada' })
})

it.each(stores)(
  'gives no cookie of a guest to a cookie that a sign-in has just replaced, in %s',
  async (_where, options) => {
    const { handle, here, release } = slowPage((ctx) => void (ctx.session.views = 1))
    const get = await visit(options(), handle)
    await get('/put/cart/tea')
    const [poll, during, after] = [await copyOf(get), await copyOf(get), await copyOf(get)]
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
    release()
    expect((await slow[1]!).headers.getSetCookie()).toEqual([])
    expect((await during('/put/views/1')).headers.getSetCookie()).not.toEqual([])
  },
)

it.each(stores.slice(2))(
  'ends the session from before a sign-in that succeeds at the second try, in %s',
  async (_, options) => {
    const { store, fail } = failingStore(options().store)
    const get = await visit({ store }, async (ctx) => {
      people(ctx)
      if (ctx.path !== '/twice') return
      ctx['session'].userId = 'ada'
      fail(true)
      await expect(ctx['session'].save()).rejects.toThrow()
      fail(false)
    })
    await get('/put/cart/tea')
    const guest = await copyOf(get)
    await get('/twice')
    expect(await json(get('/who'))).toBe('ada')
    expect(await json(guest('/all'))).toEqual({})
  },
)

it('writes no session that another process has ended', async () => {
  const store = mapStore()
  const get = await visit({ store }, (ctx) => {
    people(ctx)
    if (ctx.path === '/ended') {
      ctx['session'].late = 1
      store.records.clear()
    }
  })
  await get('/in/ada')
  const response = await get('/ended')
  expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
  expect(store.records.size).toBe(0)
})

/** Two servers of an application, as in two processes, and one visitor of both. */
async function twoServers(options: Options) {
  const origins = [
    await start((app) => session({ ...options }, app)),
    await start((app) => session({ ...options }, app)),
  ] as const
  const [one, other] = [{ origin: origins[0] }, { origin: origins[1] }]
  const get = visitor(one)
  return {
    get,
    there: visitor(other, get.jar),
    copyOf: () => [visitor(one, new Map(get.jar)), visitor(other, new Map(get.jar))] as const,
  }
}

it.each([undefined, false])(
  'keeps out a user who signs out at one server while another one writes, with marks: %s',
  async (marks) => {
    const store = mapStore()
    const { set } = store
    let release = (): void => {}
    const { get, there, copyOf: copies } = await twoServers({ store, marks, prefix: 'app:' })
    await get('/in/ada')
    const both = copies()
    const written = new Promise<void>((resolve) => {
      store.set = async (...parameters) => {
        store.set = set
        resolve()
        await new Promise<void>((next) => (release = next))
        return set(...parameters)
      }
    })
    const slow = get('/put/late/1')
    await written
    await there('/out')
    release()
    const hasCookie = (await slow).headers.getSetCookie().length > 0
    const users = [await json(both[0]('/who')), await json(both[1]('/who'))]
    // Without marks, it shows that the race was real.
    expect([hasCookie, users]).toEqual(marks === false ? [true, ['ada', null]] : [false, [null, null]])
    const keys = [...store.records.keys()]
    expect(keys).toEqual(marks === false ? [] : [expect.stringMatching(/^app:ended\.[\w-]+$/)])
    const [key] = keys
    if (key !== undefined) expect(JSON.parse(store.records.get(key)!)._expire).toBeGreaterThan(Date.now() + 3_500_000)
  },
)

it('ends a session at its next request if its store could not', async () => {
  const store = mapStore()
  const { destroy } = store
  store.destroy = async () => Promise.reject(new Error('no connection'))
  const { get, copyOf: copies } = await twoServers({ store })
  await get('/in/ada')
  const [here, there] = copies()
  expect((await get('/out')).status).toBe(500)
  store.destroy = destroy
  expect(await json(there('/who'))).toBe('ada')
  expect(await json(here('/who'))).toBe(null)
  expect(await json(there('/who'))).toBe(null)
})

it('ends the turn of a write that its store does not answer', async () => {
  const store = mapStore()
  const { set } = store
  const get = await visit({ store })
  await get('/in/ada')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const called = new Promise<void>((resolve) => {
    store.set = async () => {
      resolve()
      return new Promise(() => {})
    }
  })
  const first = get('/put/cart/tea')
  await called
  store.set = set
  const second = get('/put/size/2')
  vi.advanceTimersByTime(30_000)
  expect((await first).status).toBe(500)
  expect(await json(second)).toEqual({ userId: 'ada', size: '2' })
  expect(await json(get('/all'))).toEqual({ userId: 'ada', size: '2' })
})

it('opens no session that has ended, although its store still has it', async () => {
  const store = { ...mapStore(), destroy: async () => {} }
  const get = await visit({ store })
  await get('/in/ada')
  const copy = visitor({ origin: new URL((await get('/plain')).url).origin }, new Map(get.jar))
  await get('/out')
  expect(await json(copy('/who'))).toBe(null)
})

it.each(stores)(
  'knows the user whom one request signs in and out, or in as another, in %s',
  async (_where, options) => {
    const get = await visit(options(), async (ctx) => {
      people(ctx)
      const { session: own } = ctx as unknown as { session: Record<string, any> }
      if (ctx.path === '/in-and-out') {
        own['userId'] = 'ada'
        await own['save']()
        delete own['userId']
      }
      if (ctx.path === '/again') {
        await own['regenerate']()
        own['userId'] = 'bob'
      }
    })
    await get('/put/cart/tea')
    await get('/in-and-out')
    expect(await json(get('/all'))).toEqual({ cart: 'tea' })
    await get('/in/ada')
    await get('/again')
    expect(await json(get('/all'))).toEqual({ cart: 'tea', userId: 'bob' })
  },
)

it.each(stores)(
  'begins a session in front of the middleware that ended the one before, in %s',
  async (_where, options) => {
    const get = visitor({
      origin: await start((app) => {
        app.use(session(options(), app))
        app.use(async (ctx, next) => {
          await next()
          if (ctx.path === '/out') ctx['session'] = { cart: 'new' }
        })
        return session(options(), app)
      }),
    })
    await get('/in/ada')
    await get('/out')
    expect(await json(get('/all'))).toEqual({ cart: 'new' })
  },
)

it('calls the store of a visitor without a session for nothing', async () => {
  const store = mapStore()
  const get = await visit({ store })
  for (const page of ['/who', '/out']) await get(page)
  expect(store.calls).toEqual([])
})

it('leaves no session under a new key that was refused', async () => {
  let sessions: ReturnType<typeof session> | undefined
  const store = memoryStore()
  const { handle, here, release } = slowPage((ctx) => void (ctx.session.userId = 'bob'))
  const get = visitor({ origin: await start((app) => (sessions = session({ store }, app)), handle) })
  await get('/in/ada')
  const slow = get('/slow')
  await here()
  await sessions!.revokeAll('ada')
  release()
  await slow
  expect([await sessions!.list('ada'), await sessions!.list('bob')]).toEqual([[], []])
})

it('signs a user in although the session of the guest cannot be ended', async () => {
  const store = mapStore()
  store.destroy = async () => Promise.reject(new Error('no connection'))
  const get = await visit({ store })
  await get('/put/cart/tea')
  expect((await get('/in/ada')).status).toBe(200)
  expect(await json(get('/all'))).toEqual({ cart: 'tea', userId: 'ada' })
})

it('ends a session in a store that is full', async () => {
  const store = mapStore()
  const get = await visit({ store })
  await get('/in/ada')
  store.set = async () => Promise.reject(new Error('The store is full.'))
  expect((await get('/out')).status).toBe(200)
  expect(store.records.size).toBe(0)
})

it('gives no new key to a session that has ended, although its store still has it', async () => {
  const store = { ...mapStore(), destroy: async () => {} }
  const { handle, here, release } = slowPage((ctx) => void (ctx.session.userId = 'bob'))
  const get = await visit({ store, marks: false }, handle)
  await get('/in/ada')
  const slow = get('/slow')
  await here()
  await (
    await copyOf(get)
  )('/out')
  release()
  expect((await slow).headers.getSetCookie()).toEqual([])
})

it('writes nothing into a session that has ended, although its store still has it', async () => {
  const store = { ...mapStore(), destroy: async () => {} }
  const { handle, here, release } = slowPage((ctx) => void (ctx.session.late = 1))
  const get = await visit({ store, marks: false }, handle)
  await get('/in/ada')
  const slow = get('/slow')
  await here()
  await (
    await copyOf(get)
  )('/out')
  const before = store.calls.length
  release()
  await slow
  expect(store.calls.slice(before)).toEqual(['get'])
})

it('removes a session again that its store writes after its end', async () => {
  const store = mapStore()
  const { set } = store
  const get = await visit({ store, marks: false })
  await get('/in/ada')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let write = (): void => {}
  const called = new Promise<void>((resolve) => {
    store.set = async (...parameters) => {
      resolve()
      await new Promise<void>((next) => (write = next))
      return set(...parameters)
    }
  })
  const copy = await copyOf(get)
  const slow = get('/put/late/1')
  await called
  vi.advanceTimersByTime(30_000)
  expect((await slow).status).toBe(500)
  await copy('/out')
  write()
  await vi.waitFor(() => expect(store.calls.slice(-2)).toEqual([expect.stringContaining('set'), 'destroy']))
  expect(store.records.size).toBe(0)
})
