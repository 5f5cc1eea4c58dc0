import { createSecretKey, randomBytes } from 'node:crypto'
import { attributes, cookieValue } from '../cookies.mjs'
import { password } from '../sample-data.mjs'

const weekInSeconds = 7 * 24 * 3600

/** Libraries for JSON Web Tokens. Their caller reads and writes the cookie. */
export const jwtLibraries = [
  {
    row: 'jose, signed (HS256)',
    calls: 500,
    async create() {
      const { jwtVerify, SignJWT } = await import('jose')
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
    row: 'jose, sealed (A256GCM)',
    calls: 500,
    async create() {
      const { EncryptJWT, jwtDecrypt } = await import('jose')
      const key = await crypto.subtle.importKey('raw', randomBytes(32), 'AES-GCM', false, ['encrypt', 'decrypt'])
      return openJwt(
        async (token) => (await jwtDecrypt(token, key)).payload,
        (data) => addTimes(new EncryptJWT(data).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })).encrypt(key),
      )
    },
  },
  { row: 'fast-jwt, cache on, seen before', create: () => openFastJwt(true) },
  { row: 'fast-jwt, cache off', create: () => openFastJwt(false) },
  {
    row: 'jsonwebtoken',
    async create() {
      const { default: jwt } = await import('jsonwebtoken')
      const key = createSecretKey(randomBytes(32)) // with a text, it takes 350 µs
      return openJwt(
        (token) => jwt.verify(token, key, { algorithms: ['HS256'] }),
        // The second signing of a token must not have the times of the first.
        ({ iat: _iat, exp: _exp, ...data }) => jwt.sign(data, key, { expiresIn: weekInSeconds }),
      )
    },
  },
]

async function openFastJwt(cache) {
  const { createSigner, createVerifier } = await import('fast-jwt')
  const options = { key: password, algorithm: 'HS256' }
  const sign = createSigner({ ...options, expiresIn: weekInSeconds * 1000 })
  const verify = createVerifier({ key: password, algorithms: ['HS256'], cache })
  return openJwt(
    // The cache returns one object each time, and the caller changes it.
    (token) => (cache ? { ...verify(token) } : verify(token)),
    ({ iat: _iat, exp: _exp, ...data }) => sign(data),
  )
}

const addTimes = (token) => token.setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + weekInSeconds)

function openJwt(open, seal) {
  return {
    open: (header) => (header === undefined ? {} : open(cookieValue(header, 'session'))),
    save: async (data) => `session=${await seal(data)}${attributes}`,
  }
}
