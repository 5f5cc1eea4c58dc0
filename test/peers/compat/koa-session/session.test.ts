import Keygrip from 'keygrip'
import session from '../../../../src/compat/koa-session.ts'
import { memoryStore } from '../../../../src/stores/memory.ts'
import { afterEach, expect, it, vi } from 'vitest'
import { watchedStore } from '../express-session/serve.ts'
import { json, keys, mapStore, people, start, stores, visit, visitor, type Options } from './serve.ts'

afterEach(() => void vi.useRealTimers())

it.each(stores)('keeps data, and ends it, in %s', async (_where, options) => {
  const get = await visit(options())
  expect((await get('/who')).headers.getSetCookie()).toEqual([])
  await get('/put/cart/tea')
  expect(await json(get('/put/size/2'))).toEqual({ cart: 'tea', size: '2' })
  expect(await json(get('/all'))).toEqual({ cart: 'tea', size: '2' })
  await get('/out')
  expect(get.jar.size).toBe(0)
  expect(await json(get('/all'))).toEqual({})
})

it.each(stores)('ends a session maxAge after it was saved, and reports it, in %s', async (_where, options) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const reports: unknown[] = []
  const origin = await start((app) => {
    app.on('session:expired', ({ value }: { value: { userId: string } }) => reports.push(value.userId))
    app.on('session:missed', () => reports.push('missed'))
    return session({ ...options(), maxAge: 60_000 }, app)
  })
  const get = visitor({ origin })
  await get('/in/ada')
  vi.setSystemTime(Date.now() + 59_000)
  expect(await json(get('/who'))).toBe('ada')
  vi.setSystemTime(Date.now() + 2_000)
  expect(await json(get('/who'))).toBe(null)
  expect(reports).toEqual([_where === 'a store of Sojourn' ? 'missed' : 'ada'])
})

it.each(stores)(
  'starts the life again with rolling, and with renew when half of it is over, in %s',
  async (_, options) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const rolling = await visit({ ...options(), maxAge: 60_000, rolling: true })
    const renewed = await visit({ ...options(), maxAge: 60_000, renew: true })
    for (const get of [rolling, renewed]) await get('/in/ada')
    const has = async (get: typeof rolling) => (await get('/who')).headers.getSetCookie().length > 0
    vi.setSystemTime(Date.now() + 20_000)
    expect([await has(rolling), await has(renewed)]).toEqual([true, false])
    vi.setSystemTime(Date.now() + 35_000)
    expect([await has(rolling), await has(renewed)]).toEqual([true, true])
    vi.setSystemTime(Date.now() + 35_000)
    for (const get of [rolling, renewed]) expect(await json(get('/who'))).toBe('ada')
  },
)

it.each(stores)('has a lifetime for each session, in %s', async (_where, options) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const get = await visit(options(), (ctx) => {
    if (ctx.path === '/remember') ctx['session'].maxAge = 30 * 86_400_000
    if (ctx.path === '/browser') ctx['session'].maxAge = 'session'
    people(ctx)
  })
  await get('/in/ada')
  const remember = await get('/remember')
  expect(remember.headers.getSetCookie()[0]).toContain('expires=')
  vi.setSystemTime(Date.now() + 20 * 86_400_000)
  expect(await json(get('/who'))).toBe('ada')
  expect((await get('/browser')).headers.getSetCookie()[0]).not.toContain('expires=')
  vi.setSystemTime(Date.now() + 40 * 86_400_000)
  expect(await json(get('/who'))).toBe('ada')
})

it.each(stores)('sets a cookie that ends with the browser without maxAge, in %s', async (_where, options) => {
  for (const maxAge of [undefined, 0]) {
    const get = await visit({ ...options(), maxAge })
    expect((await get('/in/ada')).headers.getSetCookie()[0]).not.toContain('expires=')
    expect(await json(get('/who'))).toBe('ada')
  }
})

it.each(stores)('waits for a save that the application does not wait for, in %s', async (where, options) => {
  const get = await visit(options(), (ctx) => {
    if (ctx.path === '/save') ctx['session'].save()
    if (ctx.path === '/regenerate') ctx['session'].regenerate()
    people(ctx)
  })
  await get('/save')
  expect(get.jar.size).toBeGreaterThan(0)
  await get('/put/cart/tea')
  const former = get.jar.get('koa.sess')
  expect((await get('/regenerate')).headers.getSetCookie()).not.toEqual([])
  // The library's cookie has nothing but the data and a time, which may be the same.
  if (where !== 'cookies of the library') expect(get.jar.get('koa.sess')).not.toBe(former)
  expect(await json(get('/all'))).toEqual({ cart: 'tea' })
})

it('deletes the signature as well when the session is set to null', async () => {
  const names = async (options: Options) =>
    (await (await visit(options))('/out')).headers.getSetCookie().map((each) => each.split('=', 1)[0])
  expect(await names({})).toEqual(['koa.sess', 'koa.sess.sig'])
  expect(await names({ signed: false })).toEqual(['koa.sess'])
})

it.each(['sealed', 'peer'] as const)(
  'deletes a signed cookie that decode refuses, so that the next page works, with wire: %s',
  async (wire) => {
    const decode = () => {
      throw new Error('decode error')
    }
    const get = await visit({ wire, decode })
    const value = Buffer.from('{}').toString('base64')
    get.jar.set('koa.sess', value)
    get.jar.set('koa.sess.sig', new Keygrip(keys).sign(`koa.sess=${value}`))
    expect((await get('/who')).status).toBe(500)
    expect(get.jar.size).toBe(0)
    expect(await json(get('/who'))).toBe(null)
  },
)

it.each(stores)('opens nothing of the user with a cookie from before the sign-in, in %s', async (where, options) => {
  const get = await visit(options())
  await get('/put/cart/tea')
  const guest = visitor({ origin: new URL((await get('/plain')).url).origin }, new Map(get.jar))
  await get('/in/ada')
  expect(await json(get('/all'))).toEqual({ cart: 'tea', userId: 'ada' })
  // The library's cookie has no end, so its copy remains a guest's.
  expect(await json(guest('/all'))).toEqual(where === 'cookies of the library' ? { cart: 'tea' } : {})
})

it('has the methods and the properties of the library', async () => {
  const seen: unknown[] = []
  const store = mapStore()
  const get = await visit({ store, prefix: 'app:', marks: false }, async (ctx) => {
    const { session: own } = ctx as unknown as { session: Record<string, any> }
    if (ctx.path === '/first') seen.push(own['isNew'], own['populated'], own['length'], own['externalKey'])
    own['count'] = (own['count'] ?? 0) + 1
    if (ctx.path === '/save') await new Promise<void>((resolve) => void own['save'](resolve))
    if (ctx.path === '/regenerate') await own['regenerate']()
    own['_private'] = 1
    seen.push(own['isNew'], own['populated'], own['length'], ctx['sessionOptions'].maxAge)
    ctx.body = own
  })
  expect(await json(get('/first'))).toEqual({ count: 1 })
  const key = get.jar.get('koa.sess')
  expect(seen).toEqual([true, false, 0, expect.stringMatching(/^app:[\w-]{36}$/), true, true, 1, undefined])
  expect(await json(get('/save'))).toEqual({ count: 2 })
  expect(await json(get('/regenerate'))).toEqual({ count: 3 })
  expect(get.jar.get('koa.sess')).not.toBe(key)
  expect([...store.records.keys()]).toEqual([get.jar.get('koa.sess')])
  expect(await json(get('/'))).toEqual({ count: 4 })
})

it('refuses what the library refuses', async () => {
  const app = { use() {}, context: {} }
  expect(() => session({}, undefined)).toThrow(new TypeError('app instance required: `session(opts, app)`'))
  expect(() => session({ store: { get() {} } as never }, app)).toThrow('store.set must be function')
  expect(() => session({ externalKey: { get() {} } as never }, app)).toThrow('externalKey.set must be function')
  expect(() => session({ ContextStore: class {} as never }, app)).toThrow('ContextStore.get must be function')
  expect(() => session({ wire: 'plain' as 'peer' }, app)).toThrow("wire must be 'sealed' or 'peer'.")
  for (const name of ['encode', 'decode', 'genid', 'valid', 'beforeSave'])
    expect(() => session({ [name]: 'text' } as object, app)).toThrow(new TypeError(`${name} must be function`))
  for (const name of ['maxAge', 'maxage'])
    for (const value of ['1d', NaN, true])
      expect(() => session({ [name]: value } as object, app)).toThrow('maxAge must be a number of milliseconds')
  expect(() => session({ from: mapStore() }, app)).toThrow('from needs a store of Sojourn')
  expect(() => session({ store: memoryStore(), from: {} as never }, app)).toThrow('from must be the store')
  expect(() => session({ maxAge: '1d' as 'session' }, app)).toThrow('Invalid input: maxAge must be')
  const get = await visit({}, (ctx) => void (ctx['session'] = 'text'))
  expect((await get('/')).status).toBe(500)
  for (const appKeys of [null, [undefined], new Keygrip(['a key'])]) {
    const without = await visit({}, people, appKeys)
    expect((await without('/in/ada')).status).toBe(500)
  }
})

it.each(stores)('saves no session that would never expire, in %s', async (_where, options) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const get = await visit({ ...options(), maxAge: 0 }, (ctx) => {
    if (ctx.path === '/day') ctx['session'].maxAge = '1d'
    people(ctx)
  })
  // As in koa-session, 0 is none.
  await get('/in/ada')
  expect(await json(get('/who'))).toBe('ada')
  expect((await get('/day')).status).toBe(500)
  vi.setSystemTime(Date.now() + 86_400_001)
  expect(await json(get('/who'))).toBe(null)
})

it.each(stores)(
  'lets no cache store a response with the cookie, unless cacheHeaders is false, in %s',
  async (_where, options) => {
    const cached = (ctx: any): void => {
      ctx.set('Cache-Control', 'max-age=60')
      ctx.set('CDN-Cache-Control', 'max-age=60')
      ctx.set('Vary', 'Accept')
      people(ctx)
    }
    const get = await visit(options(), cached)
    const off = await visit({ ...options(), cacheHeaders: false }, cached)
    for (const path of ['/in/ada', '/out']) {
      const { headers } = await get(path)
      expect(['cache-control', 'cdn-cache-control', 'vary'].map((name) => headers.get(name))).toEqual([
        'no-store',
        null,
        'Accept, Cookie',
      ])
      expect((await off(path)).headers.get('cache-control')).toBe('max-age=60')
      expect((await get('/who')).headers.get('cache-control')).toBe('max-age=60')
    }
  },
)

it('calls valid and beforeSave, and reads what its own encode has written', async () => {
  const encode = (record: object) => Buffer.from(JSON.stringify(record)).toString('hex')
  const decode = (text: string) => JSON.parse(Buffer.from(text, 'hex').toString()) as object
  for (const wire of ['sealed', 'peer'] as const) {
    const get = await visit({
      wire,
      encode,
      decode,
      valid: (_ctx: unknown, record: { userId: string }) => record.userId !== 'banned',
      beforeSave: (_ctx: unknown, own: { saves?: number }) => void (own.saves = (own.saves ?? 0) + 1),
    })
    await get('/in/ada')
    expect(await json(get('/all'))).toEqual({ userId: 'ada', saves: 1 })
    await get('/in/banned')
    expect(await json(get('/all'))).toEqual({})
  }
})

it('has one store for each request with ContextStore, and a key that is no cookie', async () => {
  const store = mapStore()
  const hosts: unknown[] = []
  class ContextStore {
    constructor(ctx: { host: string }) {
      hosts.push(ctx.host)
    }
    async get(key: string) {
      return store.get(key)
    }
    async set(key: string, record: unknown, maxAge: unknown) {
      return store.set(key, record, maxAge)
    }
    async destroy(key: string) {
      return store.destroy(key)
    }
  }
  const externalKey = {
    get: (ctx: any) => ctx.get('x-key') as string,
    set: (ctx: any, key: string) => void ctx.set('x-key', key),
  }
  const get = await visit({ ContextStore, externalKey })
  const { headers } = await get('/in/ada')
  const key = headers.get('x-key')!
  expect(headers.get('cache-control')).toBe('no-store')
  expect(store.records.has(key)).toBe(true)
  expect(await json(get('/who', { headers: { 'x-key': key } }))).toBe('ada')
  expect(get.jar.size).toBe(0)
  expect(hosts).toHaveLength(2)
})

it('saves nothing by itself with autoCommit: false', async () => {
  const get = await visit({ autoCommit: false }, async (ctx) => {
    people(ctx)
    if (ctx.path === '/commit') {
      ctx['session'].kept = 1
      await ctx['session'].manuallyCommit()
    }
  })
  await get('/put/a/1')
  expect(get.jar.size).toBe(0)
  await get('/commit')
  expect(await json(get('/all'))).toEqual({ kept: 1 })
})

it.each(stores.slice(2))('keeps the changes of two requests at the same time, in %s', async (_where, options) => {
  let here = 0
  let release = (): void => {}
  const both = new Promise<void>((resolve) => (release = resolve))
  const get = await visit(options(), async (ctx) => {
    if (ctx.path.startsWith('/put')) {
      people(ctx)
      if (++here === 2) release()
      await both
    } else people(ctx)
  })
  await get('/in/ada')
  await Promise.all([get('/put/one/1'), get('/put/two/2')])
  expect(await json(get('/all'))).toEqual({ userId: 'ada', one: '1', two: '2' })
})

it('lists and revokes with a store of Sojourn, which has no usable key', async () => {
  let sessions: ReturnType<typeof session> | undefined
  const store = memoryStore()
  const origin = await start(
    (app) => (sessions = session({ store }, app)),
    async (ctx) => {
      people(ctx)
      if (ctx.path === '/id') ctx.body = JSON.stringify(sessions!.idOf(ctx['session']))
      if (ctx.path === '/others') ctx.body = await sessions!.revokeAll('ada', { except: ctx['session'] })
    },
  )
  const [phone, laptop] = [visitor({ origin }), visitor({ origin })]
  for (const get of [phone, laptop]) await get('/in/ada')
  const id: string = await json(phone('/id'))
  expect((await sessions!.list('ada')).map((each) => each.id)).toContain(id)
  expect(phone.header()).not.toContain(id)
  await sessions!.revoke('ada', id)
  expect(await json(phone('/who'))).toBe(null)
  await phone('/in/ada')
  await laptop('/others')
  expect([await json(phone('/who')), await json(laptop('/who'))]).toEqual([null, 'ada'])

  const without = session({}, { use() {}, context: {} })
  await expect(without.list('ada')).rejects.toMatchObject({ code: 'ERR_NO_STORE' })
})

it('refuses a sign-in during which all sessions of the user are ended', async () => {
  let sessions: ReturnType<typeof session> | undefined
  const origin = await start(
    (app) => (sessions = session({ store: memoryStore() }, app)),
    async (ctx) => {
      ctx['session'].userId = 'ada'
      if (ctx.path === '/slow') await sessions!.revokeAll('ada')
      ctx.body = '{}'
    },
  )
  const get = visitor({ origin })
  const slow = await get('/slow')
  expect([slow.ok, slow.headers.getSetCookie()]).toEqual([false, []])
  expect(await sessions!.list('ada')).toEqual([])
})

it('answers 503 while the store is down, and changes no cookie', async () => {
  const { store, state } = watchedStore(memoryStore())
  const get = await visit({ store })
  await get('/in/ada')
  state.isDown = true
  const response = await get('/who')
  expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
  state.isDown = false
  expect(await json(get('/who'))).toBe('ada')
})

it('reads a record whose lifetime is none', async () => {
  const store = mapStore()
  const get = await visit({ store })
  await get('/in/ada')
  for (const [key, text] of store.records)
    store.records.set(key, JSON.stringify({ ...JSON.parse(text), _maxAge: '1d' }))
  expect(await json(get('/put/cart/tea'))).toEqual({ cart: 'tea', userId: 'ada' })
})

it.each(stores)('opens its cookie behind others of the same name, in %s', async (where, options) => {
  const get = await visit(options())
  await get('/in/ada')
  const own = get.header()
  const read = async (cookie: string): Promise<unknown> => {
    get.jar.clear()
    return json(get('/who', { headers: { cookie } }))
  }
  expect(await read(`koa.sess=junk; koa.sess.sig=junk; ${own}`)).toBe('ada')
  expect(await read(`koa.sess=junk; ${own}`)).toBe('ada')
  expect(await read(`${own}; koa.sess=junk; koa.sess.sig=junk`)).toBe('ada')
  const many = Array.from({ length: 8 }, () => 'koa.sess=junk')
  // Sealed cookies are recognized by their form.
  expect(await read([...many, own].join('; '))).toBe(where === 'sealed cookies' ? 'ada' : null)
})

it('hides the data, and keeps a name that the store uses itself', async () => {
  const get = await visit()
  await get('/put/note/confidential')
  const value = get.jar.get('koa.sess')!
  expect(Buffer.from(value, 'base64url').toString()).not.toContain('confidential')
  const stored = await visit({ store: memoryStore() })
  await stored('/put/cookie/oatmeal')
  expect(await json(stored('/put/.cookie/x'))).toEqual({ cookie: 'oatmeal', '.cookie': 'x' })
  expect(await json(stored('/all'))).toEqual({ cookie: 'oatmeal', '.cookie': 'x' })
})

it('seals with keys that are set later', async () => {
  let setKeys = (_keys: string[]): void => {}
  const first = await start((app) => {
    setKeys = (next) => (app.keys = next)
    return session(app)
  })
  const second = await start((app) => session(app), people, ['the newest key'])
  const server = { origin: first }
  const get = visitor(server)
  await get('/in/ada')
  setKeys(['the newest key', ...keys])
  await get('/put/cart/tea')
  server.origin = second
  expect(await json(get('/who'))).toBe('ada')
})

it('reads the session in front of the middleware, and works twice in one application', async () => {
  const get = visitor({
    origin: await start((app) => {
      app.use(async (ctx, next) => {
        ctx.set('x-user', String(ctx['session'].userId))
        await next()
      })
      app.use(session(app))
      return session(app)
    }),
  })
  await get('/in/ada')
  expect((await get('/who')).headers.get('x-user')).toBe('ada')
})
