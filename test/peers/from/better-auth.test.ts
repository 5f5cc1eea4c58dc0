import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { describe, expect, it } from 'vitest'
import { fromBetterAuth } from '../../../src/from/better-auth.ts'
import { cookiesOf } from '../../support/browser.ts'
import { readRoute, startFetch } from './fetch-apps.ts'
import { describeTakeover } from './suite.ts'
import { openWith } from './taken-over.ts'

const secret = 'a secret of better-auth, which has 32 bytes'
const cookieName = 'better-auth.session_token'

/** An application. Passwords are not hashed, because a hundred would take long. */
async function createApplication(options: Parameters<typeof betterAuth>[0] = {}) {
  const database: Record<string, any[]> = { user: [], session: [], account: [], verification: [] }
  const auth = betterAuth({
    secret,
    baseURL: 'http://localhost:3000',
    database: memoryAdapter(database),
    emailAndPassword: {
      enabled: true,
      minPasswordLength: 1,
      password: { hash: async (password) => password, verify: async ({ hash, password }) => hash === password },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    ...options,
  })
  const { internalAdapter } = await auth.$context
  const store = {
    get: (token: string) => internalAdapter.findSession(token),
    destroy: (token: string) => internalAdapter.deleteSession(token),
  }
  const ask = async (path: string, cookie: string, body?: object) =>
    auth.handler(
      new Request(`http://localhost:3000/api/auth/${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { Cookie: cookie, Origin: 'http://localhost:3000', 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
  /** Signs a user in, who is created if needed. Resolves to the response. */
  async function signIn(name: string, rest: object = {}): Promise<Response> {
    const account = { email: `user${name}@example.com`, password: 'x', name }
    const isKnown = database['user']!.some((user) => user.name === name)
    if (!isKnown) await ask('sign-up/email', '', account)
    return ask('sign-in/email', '', { ...account, ...rest })
  }
  return { database, store, ask, signIn }
}

const cookieHeader = (response: Response): string =>
  Object.entries(cookiesOf(response.headers))
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')

const traits = { hasStore: true, hasTime: true, hasMessages: false, hasGuests: false }

describeTakeover('better-auth', traits, async () => {
  const { store, ask, signIn, database } = await createApplication()
  return {
    ...(await startFetch(async (request) => {
      const { action, argument } = readRoute(request)
      if (action === 'sign-in') return signIn(argument)
      const response = await ask('get-session', request.headers.get('Cookie') ?? '')
      const found = (await response.json()) as { user: { name: string } } | null
      return Response.json({ userId: found?.user.name, cart: [] })
    })),
    cookieName,
    reader: (options, other) =>
      fromBetterAuth({
        secret: other ?? secret,
        store,
        ...options,
        user: ({ user }) => user.name,
        dataOf: ({ user }) => ({ cart: [`tea-${user.name}`] }),
      }),
    expire: () => database['session']!.forEach((row) => Object.assign(row, { expiresAt: new Date() })),
  }
})

describe('fromBetterAuth', () => {
  const user = ({ session }: { session: { userId: string } }) => session.userId

  it('has the user and the time of the sign-in, and keeps no data without dataOf', async () => {
    const { store, signIn, database } = await createApplication()
    const header = cookieHeader(await signIn('Ada'))
    expect(await openWith(fromBetterAuth({ secret, store, user }), header)).toMatchObject({
      userId: database['user']![0].id,
      signedInAt: database['session']!.at(-1).createdAt.getTime(),
      remember: true,
      data: {},
      deleted: [cookieName],
    })
  })

  it('takes a row without the time of the sign-in, and instants as numbers or text', async () => {
    const { store, signIn } = await createApplication()
    const header = cookieHeader(await signIn('Ada'))
    const openRow = (session: Record<string, any>) =>
      openWith(fromBetterAuth({ secret, store: { ...store, get: async () => ({ session }) as never }, user }), header)
    const soon = Date.now() + 60_000
    for (const expiresAt of [soon, new Date(soon), new Date(soon).toISOString()])
      expect(await openRow({ userId: '7', expiresAt, createdAt: null })).toMatchObject({
        userId: '7',
        signedInAt: null,
      })
    for (const expiresAt of [null, undefined, 'soon', Date.now() - 1])
      expect(await openRow({ userId: '7', expiresAt })).toMatchObject({ userId: null, deleted: [] })
  })

  it('ends with the browser, if the user did not want to be remembered', async () => {
    const { store, signIn } = await createApplication()
    const header = cookieHeader(await signIn('Ada', { rememberMe: false }))
    const reader = fromBetterAuth({ secret, store, user })
    expect(await openWith(reader, header)).toMatchObject({
      remember: false,
      deleted: expect.arrayContaining([cookieName, 'better-auth.dont_remember']),
    })
    const forged = header.replace(/(dont_remember=)[^;]+/, '$1true.forged')
    expect(await openWith(reader, forged)).toMatchObject({ remember: true })
  })

  it('deletes the cache of the session, which may be in several cookies', async () => {
    const { store, signIn } = await createApplication({ session: { cookieCache: { enabled: true } } })
    const header = `${cookieHeader(await signIn('Ada'))}; better-auth.session_data.0=x; better-auth.session_data.1=y`
    const data = ['', '.0', '.1'].map((suffix) => `better-auth.session_data${suffix}`)
    const { deleted } = await openWith(fromBetterAuth({ secret, store, user }), header)
    expect(deleted.toSorted()).toEqual([...data, cookieName])
  })

  it('is refused without a good signature, without a question to the store', async () => {
    const { store, signIn } = await createApplication()
    const header = cookieHeader(await signIn('Ada'))
    const asked: string[] = []
    const counting = {
      ...store,
      get(token: string) {
        asked.push(token)
        return store.get(token)
      },
    }
    const reader = fromBetterAuth({ secret, store: counting, user })
    for (const cookie of [header.replace(/%3D$/, ''), header.replace(/\..+$/, '.x'), `${cookieName}=x`])
      expect(await openWith(reader, cookie)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
    expect(asked).toEqual([])
  })

  it('says which option is missing or wrong', () => {
    expect(() => fromBetterAuth({ secret: '', store: {} as never, user })).toThrow('secret of fromBetterAuth')
    expect(() => fromBetterAuth({ secret, store: {} as never, user })).toThrow('store')
  })
})
