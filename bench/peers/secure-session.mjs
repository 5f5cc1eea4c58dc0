import fastifyCookie from '@fastify/cookie'
import secureSession from '@fastify/secure-session'
import { randomBytes } from 'node:crypto'
import fastify from 'fastify'
import { cookieHeader } from '../cookies.mjs'

/** What its hooks call: the decorators of its own and of @fastify/cookie. */
export const secureSessionPeer = {
  name: '@fastify/secure-session',
  kind: 'peer',
  async create() {
    const app = fastify()
    await app.register(fastifyCookie)
    await app.register(secureSession, { key: randomBytes(32) })
    await app.ready()
    const options = { path: '/', httpOnly: true, sameSite: 'lax' }
    const keep = (session) => app.serializeCookie('session', app.encodeSecureSession(session), options)
    const open = (header) => app.decodeSecureSession(app.parseCookie(header).session)
    return {
      make: (data) => cookieHeader(keep(app.createSecureSession(data))),
      read: (header, key) => open(header).get(key),
      change(header, key, next) {
        const session = open(header)
        session.set(key, next(session.get(key)))
        return keep(session)
      },
    }
  },
}
