import { randomBytes } from 'node:crypto'
import { password } from '../sample-data.mjs'

/** Libraries whose session has these methods. */
const methods = {
  get: (session, key) => session.get(key),
  set: (session, key, value) => session.set(key, value),
}

export const webLibraries = [
  {
    row: '@fastify/secure-session',
    async create() {
      const { default: fastify } = await import('fastify')
      const app = fastify()
      await app.register(import('@fastify/cookie'))
      await app.register(import('@fastify/secure-session'), { key: randomBytes(32) })
      await app.ready()
      const options = { path: '/', httpOnly: true, sameSite: 'lax' }
      return {
        ...methods,
        open: (header) =>
          header === undefined ? app.createSecureSession({}) : app.decodeSecureSession(app.parseCookie(header).session),
        save: (session) => app.serializeCookie('session', app.encodeSecureSession(session), options),
      }
    },
  },
  {
    row: 'React Router',
    calls: 500,
    async create() {
      const { createCookieSessionStorage } = await import('react-router')
      const options = { path: '/', httpOnly: true, sameSite: 'lax', secure: false }
      const storage = createCookieSessionStorage({ cookie: { name: 'session', secrets: [password], ...options } })
      return { ...methods, open: storage.getSession, save: storage.commitSession }
    },
  },
  {
    row: 'iron-session',
    calls: 200,
    async create() {
      const { getIronSession } = await import('iron-session')
      const options = { cookieName: 'session', password, cookieOptions: { secure: false } }
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
    },
  },
  {
    row: 'h3',
    calls: 4,
    async create() {
      const { mockEvent, useSession } = await import('h3')
      const config = { name: 'session', password, cookie: { secure: false, sameSite: 'lax' } }
      return {
        async open(header) {
          const event = mockEvent('http://localhost/', { headers: header === undefined ? {} : { cookie: header } })
          return { event, session: await useSession(event, config), changes: {} }
        },
        get: ({ session }, key) => session.data[key],
        set({ changes }, key, value) {
          changes[key] = value
        },
        async save({ event, session, changes }) {
          await session.update(changes)
          return event.res.headers
        },
      }
    },
  },
]
