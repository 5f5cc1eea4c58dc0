import { createSecretKey, randomBytes } from 'node:crypto'
import { createCookie } from '../cookies.mjs'
import { secret } from '../sample-data.mjs'

const weekInSeconds = 7 * 24 * 3600

export async function createJoseSigned() {
  const { jwtVerify, SignJWT } = await import('jose')
  // A CryptoKey is the fastest key that jose accepts.
  const key = await importKey({ name: 'HMAC', hash: 'SHA-256' }, ['sign', 'verify'])
  return createCookie(
    async (token) => (await jwtVerify(token, key, { algorithms: ['HS256'] })).payload,
    (data) => addTimes(new SignJWT(data).setProtectedHeader({ alg: 'HS256' })).sign(key),
  )
}

export async function createJoseSealed() {
  const { EncryptJWT, jwtDecrypt } = await import('jose')
  const key = await importKey('AES-GCM', ['encrypt', 'decrypt'])
  return createCookie(
    async (token) => (await jwtDecrypt(token, key)).payload,
    (data) => addTimes(new EncryptJWT(data).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })).encrypt(key),
  )
}

const importKey = (algorithm, usages) => crypto.subtle.importKey('raw', randomBytes(32), algorithm, false, usages)

const addTimes = (token) => token.setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + weekInSeconds)

export async function createFastJwt(cache) {
  const { createSigner, createVerifier } = await import('fast-jwt')
  const sign = createSigner({ key: secret, algorithm: 'HS256', expiresIn: weekInSeconds * 1000 })
  const verify = createVerifier({ key: secret, algorithms: ['HS256'], cache })
  return createCookie(
    // The cache returns one object each time, and the caller changes it.
    (token) => (cache ? { ...verify(token) } : verify(token)),
    (data) => sign(withoutTimes(data)),
  )
}

export async function createJsonWebToken() {
  const { default: jwt } = await import('jsonwebtoken')
  const key = createSecretKey(randomBytes(32)) // with a text, it takes 350 µs
  return createCookie(
    (token) => jwt.verify(token, key, { algorithms: ['HS256'] }),
    (data) => jwt.sign(withoutTimes(data), key, { expiresIn: weekInSeconds }),
  )
}

/** A changed token must not have the times of the one before. */
const withoutTimes = ({ iat: _iat, exp: _exp, ...data }) => data
