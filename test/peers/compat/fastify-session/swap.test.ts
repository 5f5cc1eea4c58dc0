import type { AddressInfo } from 'node:net'
import { fastifySession as realSession } from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import { fastifySession } from 'sojourn/compat/fastify-session'
import { memoryStore } from 'sojourn/memory'
import { expect, it, onTestFinished } from 'vitest'
import { createApp, lateStore, options, sessionOf, valuesOf } from './serve.ts'

const addRoutes = (app: FastifyInstance): void => {
  app.get<{ Params: { user: string } }>('/in/:user', (request) => {
    sessionOf(request).userId = request.params.user
    return valuesOf(request)
  })
  app.get('/out', async (request) => {
    await sessionOf(request).destroy()
    return {}
  })
  app.get('/', (request) => valuesOf(request))
}

/** Starts a server. The returned function visits it with a cookie, and returns the cookie of the response, or else that of the request. */
async function start(plugin: unknown, given: object) {
  const app = await createApp(plugin, given, addRoutes)
  onTestFinished(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const visit = async (path: string, cookie = '') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: cookie === '' ? {} : { cookie } })
    const [set] = response.headers.getSetCookie()
    return { status: response.status, values: (await response.json()) as any, cookie: set?.split(';')[0] ?? cookie }
  }
  return { visit, close: () => app.close() }
}

const life = { cookie: { secure: false, maxAge: 3_600_000 } }

it.each([
  ['their store as it is', (former: object) => ({ store: former })],
  ["a store of Sojourn's, with from", (former: object) => ({ store: memoryStore(), from: former })],
])('100 visitors of @fastify/session stay signed in when the server is swapped: %s', async (_, storeOf) => {
  const { store, state } = lateStore()
  const before = await start(realSession, options({ store, ...life }))
  const names = Array.from({ length: 100 }, (_each, index) => `user${index}`)
  const cookies = await Promise.all(names.map(async (name) => (await before.visit(`/in/${name}`)).cookie))
  const guest = (await before.visit('/')).cookie
  await before.close()

  const after = await start(fastifySession, options({ ...storeOf(store), ...life } as object))
  const seen = await Promise.all(cookies.map(async (cookie) => after.visit('/', cookie)))
  expect(seen.map(({ values }) => values.userId)).toEqual(names)
  expect(seen.map(({ cookie }) => cookie)).toEqual(cookies)
  expect(await after.visit('/', guest)).toMatchObject({ values: {}, cookie: guest })

  const record = new Map(state.records)
  await after.visit('/out', cookies[0])
  // The former server may write it again.
  for (const [id, text] of record) state.records.set(id, text)
  expect((await after.visit('/', cookies[0])).values).toEqual({})
  expect((await after.visit('/', cookies[1])).values).toMatchObject({ userId: 'user1' })
})

it('both libraries take turns on one store with one cookie', async () => {
  const { store } = lateStore()
  const [theirs, ours] = await Promise.all([
    start(realSession, options({ store, ...life })),
    start(fastifySession, options({ store, ...life })),
  ])
  const { cookie } = await theirs!.visit('/in/ada')
  for (const { visit } of [ours!, theirs!, ours!])
    expect(await visit('/', cookie)).toMatchObject({ values: { userId: 'ada' }, cookie })
  await ours!.visit('/out', cookie)
  expect((await theirs!.visit('/', cookie)).values).toEqual({})
})

it('an expired or forged cookie of the former server opens nothing', async () => {
  const { store, state } = lateStore()
  const before = await start(realSession, options({ store, ...life }))
  const { cookie } = await before.visit('/in/ada')
  const after = await start(
    fastifySession,
    options({ store: memoryStore(), from: store, saveUninitialized: false, ...life }),
  )
  const forged = cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  expect(await after.visit('/', forged.replace('.', '.x'))).toMatchObject({
    values: {},
    cookie: forged.replace('.', '.x'),
  })
  for (const [id, text] of state.records)
    state.records.set(
      id,
      JSON.stringify({ ...JSON.parse(text), cookie: { originalMaxAge: 1000, expires: new Date(Date.now() - 1) } }),
    )
  expect((await after.visit('/', cookie)).values).toEqual({})
})
