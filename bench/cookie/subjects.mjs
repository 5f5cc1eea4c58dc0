import { createSealedCookie, createSignedCookie } from '../by-hand.mjs'
import { createFlask, createSealed } from '../sojourn.mjs'
import { createFastJwt, createJoseSealed, createJoseSigned, createJsonWebToken } from './jwt.mjs'
import { createIronSession, createSecureSession, createSojourn } from './libraries.mjs'
import { measureLibrary } from './measure.mjs'

// Sojourn remembers the tokens that it opened, so that a cookie that it saw before costs a look-up.
/** Libraries that keep the session in the cookie. Slow ones have fewer `calls`. */
const libraries = [
  { row: 'signed by hand', create: createSignedCookie },
  { row: 'sealed by hand', create: createSealedCookie },
  { row: 'Sojourn, cookie seen before', create: () => createSojourn(createSealed) },
  { row: 'Sojourn, cookie not seen before', create: () => createSojourn(createSealed, { hasNewCookies: true }) },
  { row: 'Sojourn, Flask’s cookie, seen before', create: () => createSojourn(createFlask) },
  {
    row: 'Sojourn, Flask’s cookie, not seen before',
    create: () => createSojourn(createFlask, { hasNewCookies: true }),
  },
  { row: 'jose, signed (HS256)', calls: 500, create: createJoseSigned },
  { row: 'jose, sealed (A256GCM)', calls: 500, create: createJoseSealed },
  { row: 'fast-jwt, cache on, seen before', than: 'Sojourn, cookie seen before', create: () => createFastJwt(true) },
  { row: 'fast-jwt, cache off', create: () => createFastJwt(false) },
  { row: 'jsonwebtoken', create: createJsonWebToken },
  { row: '@fastify/secure-session', create: createSecureSession },
  { row: 'iron-session', calls: 200, create: createIronSession },
]

export const subjects = libraries.map(({ row, than = 'Sojourn, cookie not seen before', calls = 1000, create }) => ({
  row,
  than,
  start: async ({ quick }) => measureLibrary(await create(), quick ? calls / 10 : calls),
}))
