import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { parseJsonObject } from './json-object.ts'

/** The keys of each content encryption, newest first. An encryption without keys is refused. */
export interface JweKeys {
  readonly A256GCM: readonly Buffer[]
  readonly 'A256CBC-HS512': readonly Buffer[]
}

/** The contents of a JWE, and its tag, which differs for each token. */
export interface DecryptedJwe {
  readonly text: string
  readonly tag: string
}

/**
 * Decrypts a JWE in its compact form (RFC 7516 section 7.1) with `alg: 'dir'`. Returns `null` for one that none of the keys
 * authenticates, and for other algorithms, compression and critical headers.
 */
export function decryptJwe(token: string, keys: JweKeys): DecryptedJwe | null {
  const parts = jwePattern.exec(token)
  if (parts === null) return null
  const [, header, ...encodedBytes] = parts as unknown as [string, string, string, string, string]
  const [iv, cipher, tag] = encodedBytes.map((part) => Buffer.from(part, 'base64url')) as [Buffer, Buffer, Buffer]
  const { alg, enc, zip, crit } = parseJsonObject(Buffer.from(header, 'base64url').toString()) ?? {}
  if (alg !== 'dir' || zip !== undefined || crit !== undefined) return null
  if (enc !== 'A256GCM' && enc !== 'A256CBC-HS512') return null
  const decrypt = enc === 'A256GCM' ? decryptGcm : decryptCbc
  for (const key of keys[enc]) {
    const text = decrypt(key, Buffer.from(header), iv, cipher, tag)
    if (text !== null) return { text, tag: tag.toString('base64url') }
  }
  return null
}

/** Header, iv, ciphertext and tag in base64url. With `dir` there is no encrypted key, so the second part is empty. */
const jwePattern = /^([\w-]+)\.\.([\w-]+)\.([\w-]+)\.([\w-]+)$/

/** AES in GCM (RFC 7518 section 5.3). */
function decryptGcm(key: Buffer, header: Buffer, iv: Buffer, cipher: Buffer, tag: Buffer): string | null {
  // Node accepts shorter tags as well, which are easier to forge.
  if (iv.length !== 12 || tag.length !== 16) return null
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(header).setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(cipher), decipher.final()]).toString()
  } catch {
    return null
  }
}

/** AES in CBC with HMAC-SHA512 (RFC 7518 section 5.2.5). The first half of the key is that of the MAC. */
function decryptCbc(key: Buffer, header: Buffer, iv: Buffer, cipher: Buffer, tag: Buffer): string | null {
  if (iv.length !== 16 || tag.length !== 32) return null
  const headerBits = Buffer.alloc(8)
  headerBits.writeBigUInt64BE(BigInt(header.length) * 8n)
  const mac = createHmac('sha512', key.subarray(0, 32))
  for (const part of [header, iv, cipher, headerBits]) mac.update(part)
  if (!timingSafeEqual(mac.digest().subarray(0, 32), tag)) return null
  const decipher = createDecipheriv('aes-256-cbc', key.subarray(32), iv)
  try {
    return Buffer.concat([decipher.update(cipher), decipher.final()]).toString()
  } catch {
    return null
  }
}
