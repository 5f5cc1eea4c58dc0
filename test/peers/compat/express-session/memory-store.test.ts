import { memoryStore } from 'sojourn/memory'
import { expect, it, onTestFinished, vi } from 'vitest'
import session from '../../../../src/compat/express-session.ts'
import { evictingStore } from '../../../../src/compat/express/evicting-store.ts'
import { defaultUserOf } from '../../../../src/compat/shared/user-of.ts'
import { cookieOf, options, serve } from './serve.ts'

/** An application whose store has room for four entries. A user has two, or one if the id was kept at the sign-in. */
async function application(more: object = {}) {
  const store = evictingStore(memoryStore({ max: 4 }), () => defaultUserOf)
  const get = await serve((app) => {
    app.use(session(options({ store, cookie: { maxAge: 60_000 }, ...more }) as never) as never)
    app.get('/visit', (req, res) => {
      req.session.cart = ['tea']
      res.end()
    })
    app.get('/in', (req, res) => {
      req.session.userId = 'ada'
      res.end()
    })
    app.get('/', (req, res) => void res.json(req.session.userId ?? req.session.cart?.[0] ?? null))
  })
  const visit = async (path: string, cookie?: string): Promise<string> => {
    const response = await get(path, cookie)
    expect(response.status).toBe(200)
    vi.setSystemTime(Date.now() + 100)
    return cookieOf(response)
  }
  const read = async (cookies: string[]): Promise<unknown[]> =>
    Promise.all(cookies.map(async (cookie) => (await get('/', cookie)).json()))
  return { visit, read }
}

it('a full store removes the guest that was used longest ago, and no user', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { visit, read } = await application()
  const user = await visit('/in')
  const guests = [await visit('/visit'), await visit('/visit')]
  await visit('/', guests[0])
  guests.push(await visit('/visit'))
  expect(await read([user, ...guests])).toEqual(['ada', 'tea', null, 'tea'])
})

it('a full store keeps a user whose id was kept at the sign-in', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { visit, read } = await application({ rotate: false })
  const user = await visit('/visit')
  await visit('/in', user)
  for (let n = 0; n < 5; n++) await visit('/visit')
  expect(await read([user])).toEqual(['ada'])
})

it('a full store removes what has expired before it removes a guest', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { visit, read } = await application()
  for (let n = 0; n < 3; n++) await visit('/visit')
  vi.setSystemTime(Date.now() + 50_000)
  const guest = await visit('/visit')
  vi.setSystemTime(Date.now() + 50_000)
  const later = await visit('/visit')
  expect(await read([guest, later])).toEqual(['tea', 'tea'])
})

it('calls an application back later, although it has its answers at once', async () => {
  const store = new session.MemoryStore()
  const order: string[] = []
  store.set('an id', { cookie: { originalMaxAge: null } } as never, () => order.push('set'))
  store.get('an id', () => order.push('got'))
  order.push('returned')

  await new Promise(setImmediate)
  expect(order).toEqual(['returned', 'set', 'got'])
})

it('gives an error to the callback, although it finds it at once', async () => {
  const store = new session.MemoryStore()
  const circle: { cookie: object; self?: object } = { cookie: { originalMaxAge: null } }
  circle.self = circle
  const error = await new Promise((resolve) => store.set('an id', circle as never, resolve))
  expect(error).toBeInstanceOf(TypeError)
})
