import { randomBytes } from 'node:crypto'
import { mapOf, password } from '../sample-data.mjs'

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
      return (header) => {
        const session =
          header === undefined ? app.createSecureSession({}) : app.decodeSecureSession(app.parseCookie(header).session)
        return {
          get: (key) => session.get(key),
          set: (key, value) => session.set(key, value),
          save: () => app.serializeCookie('session', app.encodeSecureSession(session), options),
        }
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
      return async (header) => {
        const session = await storage.getSession(header)
        return {
          get: (key) => session.get(key),
          set: (key, value) => session.set(key, value),
          save: () => storage.commitSession(session),
        }
      }
    },
  },
  {
    row: 'iron-session',
    calls: 200,
    async create() {
      const { getIronSession } = await import('iron-session')
      const options = { cookieName: 'session', password, cookieOptions: { secure: false } }
      return async (header) => {
        const headers = new Headers(header === undefined ? {} : { cookie: header })
        const response = new Response()
        const session = await getIronSession({ headers }, response, options)
        return {
          ...mapOf(session),
          async save() {
            await session.save()
            return response.headers.getSetCookie()
          },
        }
      }
    },
  },
  {
    row: 'h3',
    calls: 4,
    async create() {
      const { mockEvent, useSession } = await import('h3')
      const config = { name: 'session', password, cookie: { secure: false, sameSite: 'lax' } }
      return async (header) => {
        const event = mockEvent('http://localhost/', { headers: header === undefined ? {} : { cookie: header } })
        const session = await useSession(event, config)
        const changes = {}
        return {
          get: (key) => session.data[key],
          set: mapOf(changes).set,
          async save() {
            await session.update(changes)
            return event.res.headers.getSetCookie()
          },
        }
      }
    },
  },
]
