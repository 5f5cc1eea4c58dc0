import { createDecipheriv, createHmac, pbkdf2, pbkdf2Sync } from 'node:crypto'
import { constantTimeEqual } from '../../util/constant-time-equal.ts'
import { createLruCache, type LruCache } from '../../util/lru-cache.ts'

/** One password for all seals, or a password for each id that seals name. */
export type IronPasswords = string | Readonly<Record<string, string>>

/** The contents of a seal. */
export interface Unsealed {
  readonly data: unknown
  /** When it expires, in epoch milliseconds; `null` for a seal that never does. */
  readonly expiresAt: number | null
}

/** Opens seals of the iron format, version 2, as iron-session and h3 write them. */
export interface Unsealer {
  /**
   * Returns the contents of a seal, or `null` for one that was forged, has expired, or is not JSON.
   *
   * @param request identifies the request. At most two of its seals are tried with many iterations, besides those whose key is known.
   */
  unseal(seal: string, now: number, request: object): Promise<Unsealed | null>
}

/** How far the clock of the server that sealed may be ahead. The libraries allow the same. */
const maxClockSkewMs = 60_000

/** How many seals of a request are tried with many iterations. Anyone can send forged ones, and each costs milliseconds. */
const maxStretches = 2

/** A derived key has 32 bytes, so all cached keys together need about 1 MB. */
const maxCachedKeys = 2000

/**
 * Creates an unsealer.
 *
 * @param iterations the numbers of PBKDF2 iterations to try. The seal does not say which one it needs.
 */
export function createUnsealer(passwords: IronPasswords, iterations: readonly number[]): Unsealer {
  const keys = createLruCache<Buffer>(maxCachedKeys)
  const stretches = new WeakMap<object, number>()

  /** Whether a seal may be tried with so many iterations. Counts the try. */
  function mayTry({ macSalt }: SealParts, count: number, request: object): boolean {
    if (count === 1 || keys.get(keyName(macSalt, count)) !== undefined) return true
    const tried = stretches.get(request) ?? 0
    stretches.set(request, tried + 1)
    return tried < maxStretches
  }

  return {
    async unseal(seal, now, request) {
      const parts = readParts(seal)
      const password = parts === null ? undefined : passwordOf(passwords, parts.passwordId)
      if (parts === null || password === undefined) return null
      const expiresAt = parts.expiration === '' ? null : Number(parts.expiration)
      if (expiresAt !== null && expiresAt <= now - maxClockSkewMs) return null
      for (const count of iterations) {
        if (!mayTry(parts, count, request) || !(await isAuthentic(parts, password, count, keys))) continue
        const data = await decrypt(parts, password, count, keys)
        return data === undefined ? null : { data, expiresAt }
      }
      return null
    },
  }
}

interface SealParts {
  readonly passwordId: string
  readonly salt: string
  readonly iv: string
  readonly encrypted: string
  readonly expiration: string
  readonly macSalt: string
  readonly mac: string
  /** The text that the MAC protects. */
  readonly signed: string
}

const sealPattern =
  /^(Fe26\.2\*(?<passwordId>\w{0,64})\*(?<salt>\w{1,128})\*(?<iv>[\w-]{22})\*(?<encrypted>[\w-]+)\*(?<expiration>\d{0,15}))\*(?<macSalt>\w{1,128})\*(?<mac>[\w-]{43})$/

function readParts(seal: string): SealParts | null {
  const match = sealPattern.exec(seal)
  return match === null ? null : ({ ...match.groups, signed: match[1] } as unknown as SealParts)
}

const passwordOf = (passwords: IronPasswords, id: string): string | undefined => {
  if (typeof passwords === 'string') return passwords
  return Object.hasOwn(passwords, id) ? passwords[id] : undefined
}

async function isAuthentic({ mac, macSalt, signed }: SealParts, password: string, iterations: number, keys: Keys) {
  const name = keyName(macSalt, iterations)
  const key = keys.get(name) ?? (await derive(password, macSalt, iterations))
  if (!constantTimeEqual(createHmac('sha256', key).update(signed).digest('base64url'), mac)) return false
  // Only keys of authentic seals are cached, so that forged ones cannot displace them.
  keys.set(name, key)
  return true
}

async function decrypt({ salt, iv, encrypted }: SealParts, password: string, iterations: number, keys: Keys) {
  const name = keyName(salt, iterations)
  const key = keys.get(name) ?? (await derive(password, salt, iterations))
  keys.set(name, key)
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(iv, 'base64url'))
    const bytes = Buffer.concat([decipher.update(Buffer.from(encrypted, 'base64url')), decipher.final()])
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    return undefined
  }
}

type Keys = LruCache<Buffer>

// A salt has 256 random bits, so it also names the password.
const keyName = (salt: string, iterations: number): string => `${iterations} ${salt}`

/** Derives a key. Many iterations would block the event loop for milliseconds, so they run in libuv's threads. */
function derive(password: string, salt: string, iterations: number): Buffer | Promise<Buffer> {
  if (iterations === 1) return pbkdf2Sync(password, salt, 1, 32, 'sha1')
  return limitConcurrency(
    () =>
      new Promise((resolve, reject) => {
        pbkdf2(password, salt, iterations, 32, 'sha1', (error, key) => {
          if (error === null) resolve(key)
          else reject(error)
        })
      }),
  )
}

/** How many keys the process derives at a time. libuv has four threads by default, and files and DNS need some of them. */
const maxDerivations = 2
let derivations = 0

/** How many keys wait to be derived. Each keeps its request's cookies in memory, and its work outlives the request's deadline. */
const maxWaiting = 1000
const waiting: { start: () => void; reject: (error: Error) => void }[] = []

/** @throws if so many wait that this one, the oldest of them, is given up: whether its seal is authentic is not known */
async function limitConcurrency(work: () => Promise<Buffer>): Promise<Buffer> {
  if (derivations < maxDerivations) derivations++
  else await waitForPlace()
  try {
    return await work()
  } finally {
    // The last one takes over the place of this one. In a flood of forged seals, the first ones have waited too long already.
    const next = waiting.pop()
    if (next === undefined) derivations--
    else next.start()
  }
}

async function waitForPlace(): Promise<void> {
  if (waiting.length === maxWaiting) waiting.shift()!.reject(new Error('Too many seals wait for their keys.'))
  return new Promise((start, reject) => void waiting.push({ start, reject }))
}
