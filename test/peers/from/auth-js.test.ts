import { hkdfSync } from 'node:crypto'
import { Auth, skipCSRFCheck, type AuthConfig } from '@auth/core'
import type { Adapter, AdapterSession, AdapterUser } from '@auth/core/adapters'
import { encode } from '@auth/core/jwt'
import Credentials from '@auth/core/providers/credentials'
import GitHub from '@auth/core/providers/github'
import { EncryptJWT } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fromAuthJs, fromAuthJsDatabase, type AuthJsToken } from '../../../src/from/auth-js.ts'
import { advance, readRoute, startApp, startFetch } from './fetch-apps.ts'
import { describeTakeover } from './suite.ts'
import { openWith, seenBy, takingOver } from './taken-over.ts'

const secret = 'a secret of Auth.js, which has at least 32 bytes'
const cookieName = 'authjs.session-token'
const user = (token: AuthJsToken) => token.sub
const maxAge = 30 * 86_400

afterEach(() => void vi.useRealTimers())

/** An application that has Auth.js with JWTs. Its cart is in the token. */
const config: AuthConfig = {
  secret,
  basePath: '/auth',
  trustHost: true,
  skipCSRFCheck,
  providers: [Credentials({ credentials: { id: {} }, authorize: ({ id }) => ({ id: id as string }) })],
  callbacks: {
    jwt: ({ token, trigger, session }) =>
      trigger === 'update' ? { ...token, cart: [...((token['cart'] as string[]) ?? []), session.item] } : token,
    session: ({ session, token }) => Object.assign(session, { userId: token.sub, cart: token['cart'] }),
  },
}

/** Asks Auth.js. The routes of the suite are requests as its client sends them. */
async function answer(request: Request, settings: AuthConfig = config): Promise<Response> {
  const { action, argument } = readRoute(request)
  const cookie = request.headers.get('Cookie') ?? ''
  const [path, body] =
    action === 'sign-in' ? ['callback/credentials', { id: argument }] : ['session', { data: { item: argument } }]
  const response = await Auth(
    new Request(`http://localhost/auth/${path}`, {
      method: action === 'read' ? 'GET' : 'POST',
      headers: { Cookie: cookie, 'Content-Type': 'application/json', 'X-Auth-Return-Redirect': '1' },
      ...(action !== 'read' && { body: JSON.stringify(body) }),
    }),
    settings,
  )
  const lines = response.headers.getSetCookie().filter((line) => line.includes('session-token'))
  const headers = lines.map((line): [string, string] => ['Set-Cookie', line])
  return Response.json((await response.json()) ?? {}, { headers })
}

const traits = { hasStore: false, hasTime: true, hasMessages: false, hasGuests: false }

describeTakeover('Auth.js', traits, async () => ({
  ...(await startFetch(answer)),
  cookieName,
  reader: (options, other) => fromAuthJs({ secret: other ?? ['newer', secret], ...options, user }),
  expire: () => advance(maxAge + 20),
}))

/** The key of next-auth 4, as its source derives it. */
const nextAuthKey = new Uint8Array(hkdfSync('sha256', secret, '', 'NextAuth.js Generated Encryption Key', 32))
const nextAuthCookie = 'next-auth.session-token'

const encodeNextAuth = (claims: Record<string, unknown>) =>
  new EncryptJWT(claims)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setIssuedAt()
    .setExpirationTime('30d')
    .setJti(crypto.randomUUID())
    .encrypt(nextAuthKey)

describeTakeover('next-auth 4', traits, async () => {
  const tokens = new Map<string, Record<string, any>>()
  return {
    ...(await startApp(async (request) => {
      const token = /next-auth\.session-token=([^;]*)/.exec(request.headers.get('Cookie') ?? '')?.[1] ?? ''
      const data = { ...tokens.get(token) }
      const save = async () => {
        const written = await encodeNextAuth({ sub: data['userId'], cart: data['cart'] })
        tokens.set(written, data)
        return [`${nextAuthCookie}=${written}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}`]
      }
      return { data, save }
    })),
    cookieName: nextAuthCookie,
    reader: (options, other) => fromAuthJs({ secret: other ?? secret, version: 4, ...options, user }),
    expire: () => advance(maxAge + 20),
  }
})

/** A database, and the adapter of an application. */
function createAdapter() {
  const sessions = new Map<string, AdapterSession>()
  const unused = () => {
    throw new Error('The tests do not need it.')
  }
  const adapter: Adapter = {
    createUser: unused,
    getUser: unused,
    getUserByEmail: unused,
    getUserByAccount: unused,
    updateUser: unused,
    linkAccount: unused,
    createSession(session) {
      sessions.set(session.sessionToken, session)
      return session
    },
    getSessionAndUser(token) {
      const session = sessions.get(token)
      if (session === undefined) return null
      return { session, user: { id: session.userId, email: '', emailVerified: null } satisfies AdapterUser }
    },
    updateSession(changed) {
      const session = { ...sessions.get(changed.sessionToken)!, ...changed }
      sessions.set(session.sessionToken, session)
      return session
    },
    deleteSession: async (token) => void sessions.delete(token),
  }
  return { adapter, sessions }
}

const signInTo = (adapter: Adapter, userId: string) =>
  adapter.createSession!({
    sessionToken: crypto.randomUUID(),
    userId,
    expires: new Date(Date.now() + maxAge * 1000),
  })

describeTakeover('Auth.js with a database', { ...traits, hasStore: true }, async () => {
  const { adapter } = createAdapter()
  const settings: AuthConfig = {
    ...config,
    adapter,
    session: { strategy: 'database' },
    providers: [GitHub({ clientId: 'id', clientSecret: 'secret' })],
    callbacks: {
      session: ({ session, user }) => Object.assign(session, { userId: user.id, cart: [`tea-${user.id}`] }),
    },
  }
  return {
    ...(await startFetch(async (request) => {
      const { action, argument } = readRoute(request)
      if (action !== 'sign-in') return answer(new Request(new URL('/', request.url), request), settings)
      // Credentials only work with JWTs, and other providers need their own servers. So the session is created as Auth.js creates it.
      const { sessionToken } = await signInTo(adapter, argument)
      return Response.json(
        {},
        { headers: { 'Set-Cookie': `${cookieName}=${sessionToken}; Path=/; HttpOnly; Max-Age=${maxAge}` } },
      )
    })),
    cookieName,
    reader: (options, other) =>
      fromAuthJsDatabase({
        adapter: other === undefined ? adapter : createAdapter().adapter,
        ...options,
        user: ({ user }) => user.id,
        dataOf: ({ session }) => ({ cart: [`tea-${session.userId}`] }),
      }),
    expire: () => advance(maxAge + 1),
  }
})

describe('fromAuthJs', () => {
  const reader = fromAuthJs({ secret, user })
  const cookieOf = (token: string, name = cookieName) => `${name}=${token}`

  it('keeps the claims of the application, and not those of the token', async () => {
    const token = await encode({ token: { sub: '7', name: 'Ada', role: 'admin' }, secret, salt: cookieName })
    expect(await openWith(reader, cookieOf(token))).toMatchObject({
      userId: '7',
      remember: true,
      signedInAt: null,
      data: { name: 'Ada', role: 'admin' },
      deleted: [cookieName],
    })
  })

  it('joins a token that was split, and deletes all parts', async () => {
    const name = 'Ada'.repeat(3000)
    const response = await Auth(
      new Request('http://localhost/auth/callback/credentials', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Auth-Return-Redirect': '1' },
        body: JSON.stringify({ id: '7' }),
      }),
      { ...config, callbacks: { jwt: ({ token }) => ({ ...token, name }) } },
    )
    const lines = response.headers.getSetCookie().filter((line) => line.startsWith(cookieName))
    const pairs = lines.map((line) => line.split(';')[0]!)
    expect(pairs.length).toBeGreaterThan(2)
    const opened = await openWith(reader, pairs.toReversed().join('; '))
    expect(opened).toMatchObject({ userId: '7', data: { name } })
    expect(opened.deleted).toEqual(expect.arrayContaining(pairs.map((pair) => pair.split('=')[0])))
    expect(await openWith(reader, pairs.slice(1).join('; '))).toMatchObject({ userId: null, deleted: [] })
  })

  it('refuses a token that was written for a cookie of another name', async () => {
    const secure = `__Secure-${cookieName}`
    const token = await encode({ token: { sub: '7' }, secret, salt: secure })
    expect(await openWith(reader, cookieOf(token))).toMatchObject({ userId: null, outcome: 'none' })
    const named = fromAuthJs({ secret, cookieName: secure, user })
    expect(await openWith(named, cookieOf(token, secure))).toMatchObject({ userId: '7' })
  })

  it('has the name of a site with https in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const [five, four] = [fromAuthJs({ secret, user }), fromAuthJs({ secret, version: 4, user })]
    vi.unstubAllEnvs()
    const token = await encode({ token: { sub: '7' }, secret, salt: `__Secure-${cookieName}` })
    expect(await openWith(five, cookieOf(token, `__Secure-${cookieName}`))).toMatchObject({ userId: '7' })
    const old = await encodeNextAuth({ sub: '7' })
    expect(await openWith(four, cookieOf(old, `__Secure-${nextAuthCookie}`))).toMatchObject({ userId: '7' })
  })

  it('takes each token that Auth.js writes for a session of its own, and ends them all by revokeAll', async () => {
    const tokens = [1, 2].map(() => encode({ token: { sub: '7' }, secret, salt: cookieName }))
    const cookies = (await Promise.all(tokens)).map((token) => cookieOf(token))
    expect(new Set(await seenBy(reader, cookies)).size).toBe(2)

    const sessions = takingOver(reader)
    await sessions.open(cookies[0]!)
    advance(120)
    await sessions.revokeAll('7')
    for (const cookie of cookies) expect(await sessions.open(cookie)).toMatchObject({ userId: null })
  })

  it('refuses tokens that are not valid yet, that are compressed, or of another algorithm', async () => {
    const key = new Uint8Array(
      hkdfSync('sha256', secret, cookieName, `Auth.js Generated Encryption Key (${cookieName})`, 64),
    )
    const seal = (header: { alg: string; enc: string }, claims = {}) =>
      new EncryptJWT({ sub: '7', ...claims }).setProtectedHeader(header)
    const dir = { alg: 'dir', enc: 'A256CBC-HS512' }
    const soon = Math.floor(Date.now() / 1000) + 60
    expect(await openWith(reader, cookieOf(await seal(dir).encrypt(key)))).toMatchObject({ userId: '7' })
    for (const token of [
      await seal(dir, { nbf: soon }).encrypt(key),
      await seal(dir, { exp: soon - 120 }).encrypt(key),
      await seal(dir, { exp: 'never' } as object).encrypt(key),
      await seal({ alg: 'A256KW', enc: 'A256GCM' }).encrypt(key.subarray(0, 32)),
      (await seal(dir).encrypt(key)).replace(/^[\w-]+/, () => encodeHeader({ ...dir, zip: 'DEF' })),
      (await seal(dir).encrypt(key)).replace(/^[\w-]+/, () => encodeHeader({ ...dir, enc: 'none' })),
    ]) {
      expect(await openWith(reader, cookieOf(token))).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
    }
  })

  it('refuses a shorter tag of GCM, which Node would accept', async () => {
    const [header, key, iv, cipher, tag] = (await encodeNextAuth({ sub: '7' })).split('.')
    const short = Buffer.from(tag!, 'base64url').subarray(0, 12).toString('base64url')
    const old = fromAuthJs({ secret, version: 4, user })
    const token = (last: string) => cookieOf([header, key, iv, cipher, last].join('.'), nextAuthCookie)
    expect(await openWith(old, token(tag!))).toMatchObject({ userId: '7' })
    expect(await openWith(old, token(short))).toMatchObject({ userId: null, outcome: 'none' })
  })

  it('says which option is missing or wrong', () => {
    expect(() => fromAuthJs({ secret: undefined, user })).toThrow('secret of fromAuthJs is missing')
    expect(() => fromAuthJs({ secret, version: 3 as never, user })).toThrow('version of fromAuthJs')
    expect(() => fromAuthJsDatabase({ adapter: {}, user: () => null })).toThrow('adapter')
  })
})

it('fromAuthJsDatabase lets the row expire before its end is forgotten here', async () => {
  const { adapter, sessions } = createAdapter()
  const { sessionToken } = await signInTo(adapter, '7')
  const reader = fromAuthJsDatabase({ adapter, user: ({ user }) => user.id })
  await openWith(reader, `${cookieName}=${sessionToken}`)
  // The idle timeout is 7 days.
  expect(sessions.get(sessionToken)!.expires.getTime()).toBeLessThan(Date.now() + 7 * 86_400_000)
})

const encodeHeader = (header: object): string => Buffer.from(JSON.stringify(header)).toString('base64url')
