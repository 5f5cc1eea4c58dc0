import crypto from 'node:crypto'
import { warnOnce } from '../../core/warn-once.ts'
import { deriveBytes } from '../../formats/secrets.ts'
import { requirePackage } from './require-package.ts'

/** The options of @fastify/secure-session that make a key. */
export interface KeyOptions {
  readonly key?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  readonly secret?: string | Uint8Array | undefined
  readonly salt?: string | Uint8Array | undefined
}

/** The keys of one session, newest first. */
export interface Keys {
  /** Seal and open our cookies. */
  readonly secrets: readonly Uint8Array[]
  /** Open the cookies that @fastify/secure-session wrote. */
  readonly boxKeys: readonly Uint8Array[]
  /** The secret of @fastify/cookie, if the application does not register it. */
  readonly cookieSecret: string | Uint8Array
}

const keyBytes = 32
const saltBytes = 16
/** The salt of @fastify/secure-session if none is given. */
const defaultSalt = Buffer.from('mq9hDxBVDbspDR6nLfFT1g==', 'base64')
const purpose = 'compat fastify-secure-session'

/** Reads the key, or the secret and its salt. @throws an error as @fastify/secure-session does */
export function readKeys({ key, secret, salt }: KeyOptions): Keys {
  if (key) {
    const boxKeys = readBoxKeys(key)
    const secrets = boxKeys.map((each) => deriveBytes(each, purpose, keyBytes))
    return { secrets, boxKeys, cookieSecret: deriveBytes(boxKeys[0]!, `${purpose} cookies`, keyBytes).toString('hex') }
  }
  if (!secret) throw new Error('key or secret must specified')
  const bytes = Buffer.from(secret)
  if (bytes.length < keyBytes) throw new Error('secret must be at least 32 bytes')
  const saltOf = typeof salt === 'string' ? Buffer.from(salt, 'latin1') : (salt ?? defaultSalt)
  if (saltOf.length !== saltBytes) throw new Error(`salt must be length ${saltBytes}`)
  const boxKey = hashPassword(bytes, saltOf)
  return {
    secrets: [deriveBytes(bytes, `${purpose} ${Buffer.from(saltOf).toString('base64')}`, keyBytes)],
    boxKeys: boxKey === null ? [] : [boxKey],
    cookieSecret: secret,
  }
}

function readBoxKeys(key: NonNullable<KeyOptions['key']>): readonly Uint8Array[] {
  const isList = Array.isArray(key)
  if (typeof key !== 'string' && !isList && !isBytes(key)) throw new Error('key must be a string or a Buffer')
  const keys = (isList ? key : [key]).map((each: unknown) => {
    if (isBytes(each)) return each
    if (typeof each !== 'string') throw new TypeError('Key must be string or buffer')
    return Buffer.from(each, 'base64')
  })
  if (keys.length === 0 || keys.some(({ length }) => length !== keyBytes))
    throw new Error(isList ? `key lengths must be ${keyBytes} bytes` : `key must be ${keyBytes} bytes`)
  return keys
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

/** Argon2id with the parameters of libsodium's MODERATE. Only old cookies need it, so it may be missing. */
function hashPassword(secret: Uint8Array, salt: Uint8Array): Uint8Array | null {
  const { argon2Sync } = crypto as { argon2Sync?: (algorithm: string, parameters: object) => Buffer }
  if (argon2Sync !== undefined)
    return argon2Sync('argon2id', {
      message: secret,
      nonce: salt,
      parallelism: 1,
      tagLength: keyBytes,
      memory: 262_144,
      passes: 3,
    })
  const sodium = requirePackage('sodium-native')
  if (sodium === null) {
    warnOnce(
      'sojourn: cookies that @fastify/secure-session wrote with the option secret cannot be read, so their users sign in again. To keep them, npm install sodium-native, or use Node 24.7 or newer.',
    )
    return null
  }
  const { crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE, crypto_pwhash_ALG_DEFAULT } = sodium
  const key = Buffer.alloc(keyBytes)
  sodium.crypto_pwhash(
    key,
    Buffer.from(secret),
    Buffer.from(salt),
    crypto_pwhash_OPSLIMIT_MODERATE,
    crypto_pwhash_MEMLIMIT_MODERATE,
    crypto_pwhash_ALG_DEFAULT,
  )
  return key
}
