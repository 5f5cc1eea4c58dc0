import { EncryptJWT, jwtDecrypt, jwtVerify, SignJWT } from 'jose'
import { randomBytes } from 'node:crypto'
import { attributes, cookieValue } from '../cookies.mjs'

const week = 7 * 24 * 3600

/** A JWT in a cookie that the caller finds and writes. A CryptoKey is the fastest key that it takes. */
export const josePeers = [
  {
    name: 'jose, signed (HS256)',
    kind: 'peer',
    operations: 500,
    inFlight: 16,
    async create() {
      const algorithm = { name: 'HMAC', hash: 'SHA-256' }
      const key = await crypto.subtle.importKey('raw', randomBytes(32), algorithm, false, ['sign', 'verify'])
      return jwt(
        async (token) => (await jwtVerify(token, key, { algorithms: ['HS256'] })).payload,
        (data) => expiring(new SignJWT(data).setProtectedHeader({ alg: 'HS256' })).sign(key),
      )
    },
  },
  {
    name: 'jose, sealed (A256GCM)',
    kind: 'peer',
    operations: 500,
    inFlight: 16,
    async create() {
      const key = await crypto.subtle.importKey('raw', randomBytes(32), 'AES-GCM', false, ['encrypt', 'decrypt'])
      return jwt(
        async (token) => (await jwtDecrypt(token, key)).payload,
        (data) => expiring(new EncryptJWT(data).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })).encrypt(key),
      )
    },
  },
]

const expiring = (token) => token.setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + week)

function jwt(open, seal) {
  const keep = async (data) => `session=${await seal(data)}${attributes}`
  return {
    make: keep,
    async read(header, key) {
      return (await open(cookieValue(header, 'session')))[key]
    },
    async change(header, key, next) {
      const data = await open(cookieValue(header, 'session'))
      data[key] = next(data[key])
      return keep(data)
    },
  }
}
