import { randomBytes } from 'node:crypto'
import fastifyCookie from '@fastify/cookie'
import secureSession from '@fastify/secure-session'
import fastify from 'fastify'
import { mockEvent, useSession } from 'h3'
import { EncryptJWT, jwtDecrypt, jwtVerify, SignJWT } from 'jose'
import { createCookieSessionStorage } from 'react-router'
import { createSealedCookie, createSignedCookie } from '../by-hand.mjs'
import { attributes, cookieHeader, cookieValue } from '../cookies.mjs'
import { mapOf, password } from '../sample-data.mjs'
import { createFlask, createSealed } from '../sojourn-sessions.mjs'

export const handWritten = [
  { name: 'a cookie signed by hand', create: () => openByHand(createSignedCookie()) },
  { name: 'a cookie sealed by hand', create: () => openByHand(createSealedCookie()) },
]

function openByHand({ open, seal }) {
  return (header) => {
    const data = open(header)
    return { ...mapOf(data), save: () => seal(data) }
  }
}

// Sojourn remembers the tokens that it opened, so that a cookie that it saw before costs a look-up.
export const sojourn = [
  { name: 'Sojourn, cookie seen before', create: () => openSojourn(createSealed, false) },
  { name: 'Sojourn, cookie not seen before', create: () => openSojourn(createSealed, true) },
  { name: 'Sojourn, Flask’s cookie, seen before', create: () => openSojourn(createFlask, false) },
  { name: 'Sojourn, Flask’s cookie, not seen before', create: () => openSojourn(createFlask, true) },
]

async function openSojourn(create, forgets) {
  let sessions = create()
  const open = async (header) => {
    const session = await sessions.open(header)
    if (header === undefined) session.signIn('42')
    return { ...mapOf(session.data), save: async () => (await sessions.commit(session)).getSetCookie() }
  }
  const other = cookieHeader(await (await open(undefined)).save())
  const forget = async () => {
    if (!forgets) return
    sessions = create()
    await sessions.open(other) // derives the key of the day, which no single visitor pays for
  }
  return Object.assign(open, { forget })
}

export const webLibraries = [
  {
    name: '@fastify/secure-session',
    async create() {
      const app = fastify()
      await app.register(fastifyCookie)
      await app.register(secureSession, { key: randomBytes(32) })
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
    name: 'jose, signed (HS256)',
    calls: 500,
    async create() {
      // A CryptoKey is the fastest key that jose accepts.
      const algorithm = { name: 'HMAC', hash: 'SHA-256' }
      const key = await crypto.subtle.importKey('raw', randomBytes(32), algorithm, false, ['sign', 'verify'])
      return openJwt(
        async (token) => (await jwtVerify(token, key, { algorithms: ['HS256'] })).payload,
        (data) => addTimes(new SignJWT(data).setProtectedHeader({ alg: 'HS256' })).sign(key),
      )
    },
  },
  {
    name: 'jose, sealed (A256GCM)',
    calls: 500,
    async create() {
      const key = await crypto.subtle.importKey('raw', randomBytes(32), 'AES-GCM', false, ['encrypt', 'decrypt'])
      return openJwt(
        async (token) => (await jwtDecrypt(token, key)).payload,
        (data) => addTimes(new EncryptJWT(data).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })).encrypt(key),
      )
    },
  },
  {
    name: 'React Router',
    calls: 500,
    create() {
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
    name: 'h3',
    calls: 4,
    create() {
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

const weekInSeconds = 7 * 24 * 3600
const addTimes = (token) => token.setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + weekInSeconds)

/** The caller of jose reads and writes the cookie. */
function openJwt(open, seal) {
  return async (header) => {
    const data = header === undefined ? {} : await open(cookieValue(header, 'session'))
    return { ...mapOf(data), save: async () => `session=${await seal(data)}${attributes}` }
  }
}
