import { createCookieSessionStorage, createSessionStorage, type SessionStorage } from 'react-router'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fromReactRouter } from '../../../src/from/react-router.ts'
import { readRoute, startFetch } from './fetch-apps.ts'
import { describeTakeover } from './suite.ts'
import { openWith, seenBy } from './taken-over.ts'

const secrets = ['a newer secret', 'an older secret']
// The application signs with a key that is not the newest any more.
const cookie = { name: '__session', secrets: secrets.slice(1), maxAge: 3600 }
const user = (data: Record<string, any>) => data['userId']

afterEach(() => void vi.useRealTimers())

type Storage = Pick<SessionStorage<Record<string, any>>, 'getSession' | 'commitSession'>

/** Starts an application with the routes of the suite. */
const startRouter = (storage: Storage) =>
  startFetch(async (request) => {
    const { action, argument } = readRoute(request)
    const session = await storage.getSession(request.headers.get('Cookie'))
    if (action === 'sign-in') session.set('userId', argument)
    if (action === 'cart') session.set('cart', [...(session.get('cart') ?? []), argument])
    if (action === 'flash') session.flash('info', 'Hello.')
    const headers: Record<string, string> =
      action === 'read' ? {} : { 'Set-Cookie': await storage.commitSession(session) }
    return Response.json({ userId: session.get('userId'), cart: session.get('cart') }, { headers })
  })

describeTakeover('React Router', { hasStore: false, hasTime: false, hasMessages: true }, async () => ({
  ...(await startRouter(createCookieSessionStorage({ cookie }))),
  cookieName: '__session',
  reader: (options, other) => fromReactRouter({ secrets: other ?? secrets, ...options }),
}))

/** Sessions in a table, with the functions that an application gives to React Router. */
function createTable() {
  const rows = new Map<string, Record<string, any>>()
  const readData = async (id: string) => rows.get(id) ?? null
  const deleteData = async (id: string) => void rows.delete(id)
  const storage = createSessionStorage({
    cookie,
    readData,
    deleteData,
    async createData(data) {
      const id = crypto.randomUUID()
      rows.set(id, data)
      return id
    },
    updateData: async (id, data) => void rows.set(id, data),
  })
  return { storage, rows, store: { get: readData, destroy: deleteData } }
}

describeTakeover('React Router with a table', { hasStore: true, hasTime: true, hasMessages: true }, async () => {
  const { storage, rows, store } = createTable()
  return {
    ...(await startRouter(storage)),
    cookieName: '__session',
    reader: (options, other) => fromReactRouter({ secrets: other ?? secrets, store, ...options }),
    expire: () => rows.clear(),
  }
})

describe('fromReactRouter', () => {
  /** The `Cookie` header of a session with this data. */
  async function write(data: Record<string, unknown>, storage: Storage = createCookieSessionStorage({ cookie })) {
    const session = await storage.getSession()
    for (const [key, value] of Object.entries(data)) session.set(key, value)
    return (await storage.commitSession(session)).split(';')[0]!
  }

  it('reads text of any language, and messages that are no text', async () => {
    const header = await write({ userId: 'é7', cart: ['茶'], __flash_notice__: { kind: 'saved' } })
    expect(await openWith(fromReactRouter({ secrets, user }), header)).toMatchObject({
      userId: 'é7',
      data: { userId: 'é7', cart: ['茶'] },
      flashes: [{ category: 'notice', message: '{"kind":"saved"}' }],
      remember: true,
      deleted: ['__session'],
    })
  })

  it('ends with the browser, if the option says so', async () => {
    const reader = fromReactRouter({ secrets, remember: false, user })
    expect(await openWith(reader, await write({ userId: 7 }))).toMatchObject({ userId: '7', remember: false })
  })

  it('is one session for all cookies of a user that are equal, and one for each guest', async () => {
    const reader = fromReactRouter({ secrets, user })
    const [one, same] = [await write({ userId: 7 }), await write({ userId: 7 })]
    expect(new Set(await seenBy(reader, [one, same])).size).toBe(1)
    const guest = await write({ cart: ['tea'] })
    expect(new Set(await seenBy(reader, [guest, guest])).size).toBe(2)
  })

  it('refuses cookies that are not signed', async () => {
    const unsigned = createCookieSessionStorage({ cookie: { name: '__session' } })
    const header = await write({ userId: 7 }, unsigned)
    expect(await openWith(fromReactRouter({ secrets, user }), header)).toMatchObject({ userId: null, outcome: 'none' })
  })

  it('takes a cookie with data for none, if the data must be in the store, and the reverse', async () => {
    const { storage, store } = createTable()
    const id = await write({ userId: 7 }, storage)
    expect(await openWith(fromReactRouter({ secrets, store, user }), id)).toMatchObject({ userId: '7' })
    expect(await openWith(fromReactRouter({ secrets, user }), id)).toMatchObject({ userId: null })
    const data = await write({ userId: 7 })
    expect(await openWith(fromReactRouter({ secrets, store, user }), data)).toMatchObject({ userId: null })
  })

  it('says which option is missing or wrong', () => {
    expect(() => fromReactRouter({ secrets: [], user })).toThrow('secrets of fromReactRouter is missing')
    expect(() => fromReactRouter({ secrets, store: {} as never, user })).toThrow('store')
    expect(() => fromReactRouter({ secrets, remember: 1 as never, user })).toThrow('remember of fromReactRouter')
  })
})
