import type { ForeignSessions } from '../cookies/foreign.ts'
import { optionsError } from '../core/errors.ts'
import { createUnsealer } from './shared/iron.ts'
import { readChunks } from './shared/cookie-chunks.ts'
import { decodeCookieValue, readForeignValues } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { checkIronPasswords } from './shared/iron-passwords.ts'
import { isObject } from './shared/json-object.ts'
import type { ReaderOptions } from './shared/reader-options.ts'
import type { ForeignData } from './shared/stored-session.ts'

/** Options of {@link fromH3}. */
export interface FromH3Options extends ReaderOptions<ForeignData> {
  /** `password` of `useSession`. With nuxt-auth-utils: `NUXT_SESSION_PASSWORD`. */
  password: string | undefined
  /**
   * `maxAge` of `useSession`, in seconds. With it, cookies are refused that are older, as in h3.
   *
   * @default none, as in h3
   */
  maxAge?: number | undefined
  /**
   * `idleTimeout` of `useSession` in h3 2, in seconds. With it, cookies are refused that were not used for longer, as in h3.
   *
   * @default none, as in h3
   */
  idleTimeout?: number | undefined
  /**
   * The major version of h3 that wrote the cookies. 2 reads both kinds. Its keys need 8,192 iterations each: for a visitor two
   * keys, once, and for a forged cookie one each time. That is some milliseconds of a processor for each key, in another thread. Of
   * the values in a request, at most two are tried so, and a process derives two keys at a time. 1 avoids that.
   *
   * @default 2
   */
  version?: 1 | 2 | undefined
}

/**
 * Adopts sessions from the sealed cookies of h3 1 and 2, which Nuxt and nuxt-auth-utils use, also from cookies in chunks:
 * `createSessions({ accept: [fromH3({ password, user: (data) => data.user?.id })] })`. nuxt-auth-utils names its cookie
 * `nuxt-session`: set `cookieName`.
 *
 * h3 has no list of its sessions. A sign-out here deletes its cookie. The session's id, which stays the same for all its
 * cookies, is not adopted again with this user. A copy of a cookie opens its session until h3's `maxAge` or `idleTimeout` ends
 * it. Without both it opens until the password is removed here; an end is remembered for one absolute timeout.
 *
 * With `maxAge`, `absoluteTimeout` counts from the start of the session in h3; without, from the adoption. `revokeAll` refuses
 * all cookies of the user that were written before it; without `maxAge` and `idleTimeout`, all sessions that began before it.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromH3(options: FromH3Options): ForeignSessions {
  const { password, maxAge, idleTimeout, version = 2 } = options
  checkIronPasswords('fromH3', password)
  for (const [name, seconds] of Object.entries({ maxAge, idleTimeout })) {
    if (seconds !== undefined && !(typeof seconds === 'number' && seconds > 0))
      throw optionsError(`${name} of fromH3 must be a number of seconds, as in h3.`)
  }
  if (version !== 1 && version !== 2) throw optionsError('version of fromH3 must be 1 or 2.')
  const unsealer = createUnsealer(password, version === 1 ? [1] : [1, h3SealIterations])
  const maxAgeMs = (maxAge ?? Infinity) * 1000
  const idleTimeoutMs = (idleTimeout ?? Infinity) * 1000

  return createReader<ForeignData>(
    {
      name: 'h3',
      caller: 'fromH3',
      optionNames: ['password', 'maxAge', 'idleTimeout', 'version'],
      defaultCookieName: 'h3',
      cookieNames: (name, header) => [name, ...readH3Chunks(header, name).names],
      valuesOf(header, name) {
        const { value } = readH3Chunks(header, name)
        return [...readForeignValues(header, name), value].filter((each) => each !== '' && !isChunkCount(each))
      },
      async open(value, request) {
        const { now } = request.context
        const unsealed = await unsealer.unseal(decodeCookieValue(value), now, request)
        if (unsealed === null || !isObject(unsealed.data)) return null
        const { id, createdAt, lastSeenAt, data } = unsealed.data
        if (typeof id !== 'string' || id === '' || typeof createdAt !== 'number' || !isObject(data)) return null
        const usedAt = typeof lastSeenAt === 'number' ? lastSeenAt : createdAt
        if (now - createdAt > maxAgeMs || now - usedAt > idleTimeoutMs) return null
        const { expiresAt } = unsealed
        return {
          data,
          kept: data,
          secret: id,
          createdAt: maxAge === undefined ? now : createdAt,
          writtenAt: writtenAtOf(lastSeenAt, expiresAt, maxAgeMs) ?? createdAt,
          remember: expiresAt !== null,
        }
      },
    },
    options,
  )
}

/** The PBKDF2 iterations of h3 2. h3 1 has one. */
const h3SealIterations = 8192

/** When a cookie was written, or `null` if nothing in it says so. h3 2 writes `lastSeenAt` if it has an `idleTimeout`. */
function writtenAtOf(lastSeenAt: unknown, expiresAt: number | null, maxAgeMs: number): number | null {
  if (typeof lastSeenAt === 'number') return lastSeenAt
  return expiresAt === null || maxAgeMs === Infinity ? null : expiresAt - maxAgeMs
}

const chunkCountPattern = /^__chunked__(\d{1,3})$/
const isChunkCount = (value: string): boolean => chunkCountPattern.test(value)

/**
 * h3 2 splits a long value: the cookie then has only the number of its chunks, which are `name.1`, `name.2` and so on, at most
 * 100.
 */
function readH3Chunks(header: string, name: string) {
  const count = readForeignValues(header, name).find(isChunkCount)
  const max = Math.min(100, Number(chunkCountPattern.exec(count ?? '')?.[1] ?? 0))
  return readChunks(header, name, { first: 1, max })
}
