import { randomBytes } from 'node:crypto'
import { secret } from '../sample-data.mjs'

export async function createSojourn(create, { hasNewCookies = false } = {}) {
  const sessions = await create()
  return {
    hasNewCookies,
    open: (header) => sessions.open(header),
    get: (session, key) => session.data[key],
    set(session, key, value) {
      session.data[key] = value
    },
    save: (session) => sessions.commit(session),
    // Each visitor is another user, so that no two cookies are equal.
    begin: (session, visitor) => session.signIn(String(100_000 + visitor)),
  }
}

export async function createSecureSession() {
  const { default: fastify } = await import('fastify')
  const app = fastify()
  await app.register(import('@fastify/cookie'))
  await app.register(import('@fastify/secure-session'), { key: randomBytes(32) })
  await app.ready()
  const options = { path: '/', httpOnly: true, sameSite: 'lax' }
  return {
    get: (session, key) => session.get(key),
    set: (session, key, value) => session.set(key, value),
    open: (header) =>
      header === undefined ? app.createSecureSession({}) : app.decodeSecureSession(app.parseCookie(header).session),
    save: (session) => app.serializeCookie('session', app.encodeSecureSession(session), options),
  }
}

export async function createIronSession() {
  const { getIronSession } = await import('iron-session')
  const options = { cookieName: 'session', password: secret, cookieOptions: { secure: false } }
  const responses = new WeakMap()
  return {
    async open(header) {
      const headers = new Headers(header === undefined ? {} : { cookie: header })
      const response = new Response()
      const session = await getIronSession({ headers }, response, options)
      responses.set(session, response)
      return session
    },
    async save(session) {
      await session.save()
      return responses.get(session).headers
    },
  }
}
