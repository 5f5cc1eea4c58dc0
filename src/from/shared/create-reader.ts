import type { ForeignContext, ForeignSession, ForeignSessions } from '../../cookies/foreign.ts'
import { emptyToken, type Token } from '../../core/token.ts'
import { readChunks } from './cookie-chunks.ts'
import { readForeignValues } from './cookie-values.ts'
import { toDataTexts, type ForeignMessage } from './data-texts.ts'
import { deriveIdentity } from './derive-identity.ts'
import { checkTarget, combineSessions, readForeignCookieOptions } from './foreign-cookie-options.ts'
import { checkKeptData, checkReaderOptions, toUserId, type ReaderOptions } from './reader-options.ts'

/**
 * A session that a reader found. Instants are epoch milliseconds. One that is up to a minute ahead counts as now; one that is further
 * ahead, or `NaN`, as unknown.
 */
export interface FoundSession<Data extends object> {
  readonly data: Data
  /** The data to keep if the application has no `dataOf`. @default `data`, without Passport's key */
  readonly kept?: Readonly<Record<string, unknown>> | undefined
  /** Messages for the next page. Those of connect-flash, in the data, need not be listed. */
  readonly messages?: readonly ForeignMessage[] | undefined
  /**
   * An id that only the visitor's cookie has, or the value of a cookie without one. The identity here is derived from it. It must
   * be the same for each spelling of the value that opens, such as other base64 for the same bytes: with another one, a session that
   * was signed out would open again.
   */
  readonly secret: string
  /** Whether several guests may have the same value. Then a guest has a new session in each request. @default false */
  readonly isShared?: boolean | undefined
  /** When the session began. @default `writtenAt`, or now */
  readonly createdAt?: number | undefined
  /** When the user signed in. Most libraries do not record it. */
  readonly signedInAt?: number | undefined
  /** When the library wrote the value, which is no sign of use unless it writes in each request. Without it, `revokeAll` refuses all of its user's sessions that were not adopted before. */
  readonly writtenAt?: number | undefined
  /** @default now */
  readonly lastSeenAt?: number | undefined
  /** Whether the library's cookie outlives the browser. */
  readonly remember: boolean
  /** Ends the session in the library's store, at a sign-out. */
  readonly end?: (() => Promise<unknown>) | undefined
  /** Shortens the lifetime of the session in the library's store, after it was adopted. */
  readonly shorten?: (() => Promise<unknown>) | undefined
}

/** The request in which a reader opens a value. */
export interface ReadRequest {
  readonly header: string
  readonly context: ForeignContext
  readonly keepCookie: boolean
  /** Calls the library's store, with a deadline. */
  ask<Answer>(question: () => Promise<Answer>): Promise<Answer>
}

/** The parts of a reader that differ between libraries. */
export interface Reader<Data extends object> {
  /** The library's name, as events give it. Identities are derived from it, so it must not change. */
  readonly name: string
  /** The function that error messages name. */
  readonly caller: string
  /** The names of the options that only this reader has. */
  readonly optionNames: readonly string[]
  readonly defaultCookieName: string
  /** Into how many cookies `name.0`, `name.1` and so on the library splits a long value. @default 0: it does not */
  readonly maxChunks?: number | undefined
  /** Returns the names of all cookies to delete. @default the cookie and its chunks */
  readonly cookieNames?: ((name: string, header: string) => readonly string[]) | undefined
  /** Returns the values to open. @default the values of the cookie, as they are in the header, and that of its chunks */
  readonly valuesOf?: ((header: string, name: string) => readonly string[]) | undefined
  /** Opens a value. Returns `null` if it opens no live session. Rejects only if the library's store does not answer. */
  open(value: string, request: ReadRequest): FoundSession<Data> | null | Promise<FoundSession<Data> | null>
}

/** Creates a reader for `accept`. @throws `ERR_OPTIONS` */
export function createReader<Data extends object>(reader: Reader<Data>, options: ReaderOptions<Data>): ForeignSessions {
  const { name, caller, maxChunks: max = 0 } = reader
  const {
    cookieNames = (cookieName, header) => [cookieName, ...readChunks(header, cookieName, { max }).names],
    valuesOf = (header, cookieName) =>
      [...readForeignValues(header, cookieName), readChunks(header, cookieName, { max }).value].filter(Boolean),
  } = reader
  checkReaderOptions(caller, options, reader.optionNames)
  const { cookie, keepCookie } = readForeignCookieOptions(options, reader.defaultCookieName)

  return {
    name,
    fits: (target) => checkTarget(caller, target, cookie, keepCookie),
    async open(header, context) {
      const { ask = (question) => question() } = context
      const cookies = cookieNames(cookie.name, header).map((each) => ({ ...cookie, name: each }))
      const found: ForeignSession[] = []
      const request = { header, context, keepCookie, ask }
      for (const value of valuesOf(header, cookie.name)) {
        const session = await reader.open(value, request)
        const token = session && (await toToken(reader, options, session, context.now))
        if (!token) continue
        const { end, shorten } = session
        const settle = async (isSignedOut: boolean): Promise<void> => {
          const step = isSignedOut ? end : shorten
          if (step !== undefined) await ask(step)
        }
        found.push({ token, cookies, stays: keepCookie, settle })
      }
      return combineSessions(found)
    },
  }
}

/** Returns the token of the session to create, or `null` for a guest without data: there is nothing to adopt. */
async function toToken<Data extends object>(
  { name, caller }: Reader<Data>,
  { user, dataOf }: ReaderOptions<Data>,
  found: FoundSession<Data>,
  now: number,
): Promise<Token | null> {
  const userId = toUserId(caller, await user(found.data))
  const kept = dataOf ? checkKeptData(caller, dataOf(found.data)) : (found.kept ?? withoutPassport(found.data))
  const data = toDataTexts(kept, found.messages)
  if (userId === null && Object.keys(data).length === 0) return null
  // A time further ahead is wrong, as with another time zone. As now, it would pass for a sign-in after each `revokeAll`.
  const past = (instant = NaN) => (instant <= now + maxClockSkewMs ? Math.min(now, instant) : undefined)
  const writtenAt = past(found.writtenAt)
  return {
    ...emptyToken,
    // The user is part of the identity, because some libraries keep the id when a user signs in or out.
    identity: deriveIdentity(
      name,
      found.isShared && userId === null ? crypto.randomUUID() : found.secret,
      userId ?? '',
    ),
    userId,
    createdAt: past(found.createdAt) ?? writtenAt ?? now,
    signedInAt: userId === null ? null : (past(found.signedInAt) ?? null),
    ...(writtenAt !== undefined && { writtenAt }),
    lastSeenAt: past(found.lastSeenAt) ?? now,
    remember: found.remember,
    data,
  }
}

/** How far the clock of the library's server may be ahead. */
const maxClockSkewMs = 60_000

/** Passport's key has only the user's id, which `session.userId` now has. */
function withoutPassport(data: object): Record<string, unknown> {
  const { passport: _passport, ...kept } = data as Record<string, unknown>
  return kept
}
