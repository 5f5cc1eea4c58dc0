import type { SessionEvent, SessionStore, StoreEntry } from 'sojourn'
import session, { type SessionOptions } from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { cookieOf, options, serve, watchedStore } from './serve.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const wait = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000)

/** Starts a server, as another process would. */
async function server(given: SessionOptions) {
  return serve((app) => {
    app.use(session(options(given)))
    app.get('/in', (req, res) => {
      req.session.userId = 'ada'
      res.end()
    })
    app.get('/set/:key', (req, res) => {
      Object.assign(req.session, { [req.params.key]: 1 })
      res.end()
    })
    app.get('/out', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.end())))
    app.get('/', (req, res) => void res.json(req.session.userId ?? null))
  })
}

type Entry = Extract<StoreEntry, { key: object }>

async function countEntries(store: SessionStore, counts: (entry: Entry) => boolean = () => true): Promise<number> {
  let count = 0
  for await (const entry of store.all!()) if ('key' in entry && counts(entry)) count++
  return count
}

it('a user remains signed in on all servers for as long as the session is used', async () => {
  const store = memoryStore()
  const cookie = { maxAge: 3_600_000 }
  const one = await server({ store, cookie })
  const user = cookieOf(await one('/in'))
  for (let visit = 0; visit < 10; visit++) {
    wait(3500)
    expect(await (await one('/', user)).json()).toBe('ada')
  }
  await store.sweep!(Date.now())
  const other = await server({ store, cookie })
  expect(await (await other('/', user)).json()).toBe('ada')
})

it('a store without the record that names the user gets it again', async () => {
  const inner = memoryStore()
  const { store, state } = watchedStore(inner)
  const cookie = { maxAge: 3_600_000 }
  const one = await server({ store, cookie })
  const user = cookieOf(await one('/in'))
  for await (const entry of inner.all!()) {
    if (!('key' in entry) || entry.key.userId !== null) continue
    await inner.end(entry.key, { ended: 'revoked', endedAt: 0, expiresAt: 0 })
  }
  await inner.sweep!(1)
  for (let visit = 0; visit < 3; visit++) {
    wait(3500)
    await one('/', user)
  }
  state.calls.length = 0
  const other = await server({ store, cookie })
  expect(await (await other('/', user)).json()).toBe('ada')
  expect(state.calls.filter((name) => name === 'read')).toHaveLength(2)
})

it('a user’s request reads the store once, and a guest’s as well', async () => {
  const { store, state } = watchedStore(memoryStore())
  const get = await server({ store })
  for (const path of ['/set/a', '/in']) {
    const cookie = cookieOf(await get(path))
    state.calls.length = 0
    await get('/', cookie)
    expect(state.calls).toEqual(['read', 'update'])
  }
})

it('touchAfter spares the writes of uses that follow each other', async () => {
  const { store, state } = watchedStore(memoryStore())
  const get = await server({ store, touchAfter: 30 })
  const cookie = cookieOf(await get('/set/a'))
  state.calls.length = 0
  await get('/', cookie)
  expect(state.calls).toEqual(['read'])
  wait(31)
  await get('/', cookie)
  expect(state.calls).toEqual(['read', 'read', 'update'])
})

it('touchAfter ends no session that is in use', async () => {
  const get = await server({ store: memoryStore(), touchAfter: 3600, cookie: { maxAge: 60_000 } })
  const cookie = cookieOf(await get('/in'))
  for (let visit = 0; visit < 3; visit++) {
    wait(50)
    expect(await (await get('/', cookie)).json()).toBe('ada')
  }
})

it('expired sessions and their endings are removed from the store', async () => {
  const store = memoryStore()
  const get = await server({ store, cookie: { maxAge: 60_000 } })
  await get('/out', cookieOf(await get('/in')))
  expect(await countEntries(store, ({ found }) => !('ended' in found))).toBe(0)
  await get('/in')
  await get('/set/a')
  expect(await countEntries(store)).toBe(5)
  wait(2 * 86_400)
  await get('/set/a')
  // The library sweeps in the background.
  while ((await countEntries(store)) > 1) await new Promise(setImmediate)
})

it('endings remain for as long as the former store may have the session', async () => {
  const store = memoryStore()
  const former = new session.MemoryStore()
  const from = { get: (id: string, callback: (error?: any, values?: any) => void) => void former.get(id, callback) }
  const cookie = { maxAge: 300 * 86_400_000 }
  const before = await server({ store: former, cookie })
  const after = await server({ store, from, cookie })
  const user = cookieOf(await before('/in'))
  await after('/out', user)
  wait(200 * 86_400)
  await store.sweep!(Date.now())
  expect(await (await before('/', user)).json()).toBe('ada')
  const restarted = await server({ store, from, cookie })
  expect(await (await restarted('/', user)).json()).toBe(null)
})

it('events say what happens to sessions', async () => {
  const events: SessionEvent[] = []
  const cookie = { maxAge: 60_000 }
  const get = await server({ store: memoryStore(), cookie, onEvent: (event) => void events.push(event) })
  const guest = cookieOf(await get('/set/a'))
  const user = cookieOf(await get('/in', guest))
  wait(1)
  await get('/', user)
  await get('/set/b', user)
  await get('/out', user)
  await get('/', user)
  expect(events.map((event) => ('userId' in event ? `${event.type} ${event.userId}` : event.type))).toEqual([
    'began null',
    'opened null',
    'began ada',
    'ended null',
    'opened ada',
    'touched ada',
    'opened ada',
    'changed ada',
    'opened ada',
    'ended ada',
    'opened null',
  ])
  const ids = events.map((event) => ('id' in event ? event.id : null))
  for (const id of ids) expect([guest, user].some((cookie) => id !== null && cookie.includes(id))).toBe(false)
})
