// Replaces random numbers and cryptography when it is imported. The cipher is an ideal one: what was sealed opens, nothing else does,
// and each takes a look-up. Real ciphers and hashes take a fifth of the time, and other tests have them.
import type { KeyObject } from 'node:crypto'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { Random } from '../../src/testing/simulation/random.ts'

const crypto = createRequire(import.meta.url)('node:crypto') as Record<string, unknown>
const { createHmac, createSecretKey, hash, hkdfSync } = crypto as unknown as typeof import('node:crypto')

let random = new Random(0)
/** The library fills its pool of nonces with it. The pool outlives a simulation, so its numbers must not shift those of ids. */
const nonces = new Random(1)
const fill = <Bytes extends Uint8Array>(bytes: Bytes, source: Random): Bytes => {
  for (let at = 0; at < bytes.length; at++) bytes[at] = source.next() * 256
  return bytes
}

/** All that was sealed. A tag ends with the number of its entry. */
let sealed: AesGcm[] = []
let hashes = new Map<string, string>()
const derived = new Map<string, ArrayBuffer>()

/** By their bytes, because each process of a server derives its keys again. */
const keys = new Map<string, KeyObject>()
/** The authentication codes of texts, by their key. */
let macs = new Map<KeyObject, Map<string, Buffer>>()

/**
 * Starts a simulation, which knows nothing of the one before. With new maps, because an old one that is cleared keeps what it has next
 * from a collection of young garbage.
 */
export function startCryptography(seed: number): void {
  random = new Random(seed)
  sealed = []
  hashes = new Map()
  macs = new Map()
}

/** Seals or opens one text. */
class AesGcm {
  readonly #key: KeyObject
  readonly #nonce: Buffer
  #text!: Buffer
  #tag!: Buffer

  constructor(key: KeyObject, nonce: Buffer) {
    this.#key = key
    this.#nonce = nonce
  }
  update(text: Buffer): Buffer {
    this.#text = text
    return text
  }
  getAuthTag(): Buffer {
    this.#tag = Buffer.alloc(16)
    this.#tag.writeUInt32BE(sealed.push(this) - 1, 12)
    return this.#tag
  }
  setAuthTag(tag: Buffer): this {
    this.#tag = tag
    return this
  }
  /** Throws if this was to be opened, and was not sealed. */
  final(): void {
    const known = this.#tag === undefined ? this : sealed[this.#tag.readUInt32BE(12)]
    if (known === undefined || !this.#equals(known)) throw new Error('unable to authenticate data')
  }
  #equals(other: AesGcm): boolean {
    if (other === this) return true
    return (
      (this.#key === other.#key || this.#key.equals(other.#key)) &&
      this.#nonce.equals(other.#nonce) &&
      this.#text.equals(other.#text) &&
      this.#tag.equals(other.#tag)
    )
  }
}

/** Authenticates one text. */
class Hmac {
  readonly #key: KeyObject
  #text!: string

  constructor(key: KeyObject) {
    this.#key = key
  }
  update(text: string): this {
    this.#text = text
    return this
  }
  digest(): Buffer {
    const known = remember(macs, this.#key, () => new Map<string, Buffer>())
    return remember(known, this.#text, () => createHmac('sha256', this.#key).update(this.#text).digest())
  }
}

function remember<Key, Value>(known: Map<Key, Value>, name: Key, make: () => Value): Value {
  let value = known.get(name)
  if (value === undefined) known.set(name, (value = make()))
  return value
}

Object.assign(crypto, {
  randomBytes: (size: number) => fill(Buffer.allocUnsafe(size), random),
  // Identities are filled behind an offset, and nonces whole.
  randomFillSync(bytes: Uint8Array, offset?: number) {
    if (offset === undefined) return fill(bytes, nonces)
    fill(bytes.subarray(offset), random)
    return bytes
  },
  // The library's nonces are a view of a pool, which is filled again.
  createCipheriv: (_algorithm: string, key: KeyObject, nonce: Buffer) => new AesGcm(key, Buffer.from(nonce)),
  createDecipheriv: (_algorithm: string, key: KeyObject, nonce: Buffer) => new AesGcm(key, nonce),
  createSecretKey: (bytes: Buffer) => remember(keys, bytes.toString('latin1'), () => createSecretKey(bytes)),
  createHmac: (_algorithm: string, key: KeyObject) => new Hmac(key),
  hash: (algorithm: string, text: string, encoding: 'base64url') =>
    remember(hashes, text, () => hash(algorithm, text, encoding)),
  hkdfSync: (digest: string, secret: Uint8Array, salt: string, info: string, length: number) =>
    remember(derived, `${secret.join()} ${info} ${length}`, () => hkdfSync(digest, secret, salt, info, length)),
})
syncBuiltinESMExports()
