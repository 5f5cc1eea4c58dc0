import { isKeygrip, keysSet } from '../cookie/keys.ts'
import type { CookiePair } from '../cookie/set-cookie.ts'
import type { RequestCookies } from '../cookie/wire.ts'
import type { Settings } from './options.ts'
import type { KoaRecord } from './records.ts'
import { readSealed } from './sealed-cookies.ts'

export type MaxAge = number | 'session'

/** The cookies of one request: with a session, or with its key. */
export interface SessionCookies {
  /** Returns the key in the cookie. */
  readKey(): string | undefined
  /** Returns the session in the cookie, and whether the cookie must be replaced, because it is of the other wire. */
  readRecord(): { readonly record: unknown; readonly isStale: boolean } | null
  /** Whether the request seems to have a cookie of the other wire. */
  hasOtherWire(): boolean
  writeKey(key: string): void
  /** @param isRegenerated whether the session that the request brought ends */
  writeRecord(record: KoaRecord, isRegenerated: boolean): void
  /** Deletes the cookie. @param hasData whether it has the session, and not only its key */
  remove(hasData: boolean): void
}

/**
 * Creates the cookies of a request. One closure, because all of its functions read and write the same cookie.
 *
 * @param options the attributes of the cookie, which a request may change
 */
export function createSessionCookies(settings: Settings, ctx: any, options: any): SessionCookies {
  const { key: name, wire } = settings
  let sealed: RequestCookies | null = null

  /** Returns `null` if the application's keys cannot seal, and need not. */
  function openSealed(): RequestCookies | null {
    const isSigned = options.signed !== false
    const keys = isSigned ? ctx.app.keys : undefined
    if (wire === 'peer' && (!keys || isKeygrip(keys))) return null
    if (isSigned && !(keys && (isKeygrip(keys) || keysSet(keys).length > 0)))
      throw new Error('.keys required for signed cookies')
    return settings.sealedCookies(keys).open(ctx.get('Cookie')) as RequestCookies
  }

  const valueOf = (cookie: string): string | undefined => ctx.cookies.get(cookie, { signed: false })

  /** Whether our keys signed the cookie. Otherwise Koa would delete the signature, and a cookie that is refused must not change. */
  function isReadable(): boolean {
    if (options.signed === false) return true
    const signature = valueOf(`${name}.sig`)
    return signature !== undefined && ctx.cookies.keys?.verify(`${name}=${valueOf(name)}`, signature) === true
  }

  const readSigned = (): string | undefined => (isReadable() ? ctx.cookies.get(name, options) : undefined)

  /** Without `maxAge` the cookie ends with the browser, although the session lives for a day. */
  function setCookie(value: string, signed: boolean = options.signed): void {
    const maxAge: MaxAge | undefined = options.maxAge
    ctx.cookies.set(name, value, { ...options, maxAge: maxAge === 'session' ? undefined : maxAge, signed })
  }

  function expire(cookie: string, signed: boolean): void {
    ctx.cookies.set(cookie, '', { ...options, expires: new Date(0), maxAge: false, signed })
  }

  function expireSignature(): void {
    if (valueOf(`${name}.sig`) !== undefined) expire(`${name}.sig`, false)
  }

  return {
    readKey: readSigned,

    readRecord() {
      sealed = openSealed()
      const text = sealed && readSealed(sealed)
      if (text !== null) return { record: settings.decodeSealed(text), isStale: wire === 'peer' }
      // Anyone can write cookies that are not signed.
      const value = wire === 'peer' || options.signed !== false ? readSigned() : undefined
      if (!value) return null
      try {
        return { record: settings.decode(value), isStale: wire === 'sealed' }
      } catch (error) {
        if (error instanceof SyntaxError) return null
        // Otherwise each page would fail. Koa keeps only these headers in the response to an error.
        expire(name, options.signed)
        if (error instanceof Error) Object.assign(error, { headers: { 'set-cookie': ctx.response.get('set-cookie') } })
        throw error
      }
    },

    hasOtherWire() {
      if (options.signed === false || valueOf(name) === undefined) return false
      return (valueOf(`${name}.sig`) !== undefined) === (wire === 'sealed')
    },

    writeKey: (key) => setCookie(key),

    writeRecord(record, isRegenerated) {
      if (wire === 'peer') return setCookie(settings.encode(record))
      const data = { text: settings.encodeSealed(record), user: settings.userOf(record) }
      sealed ??= openSealed()
      const pairs = sealed!.commit({ type: 'saved', data, isRegenerated }) as readonly CookiePair[]
      sealed = null
      const pair = pairs.find(([each]) => each === name)
      if (pair !== undefined) setCookie(pair[1], false)
      expireSignature()
    },

    remove(hasData) {
      if (!hasData || wire === 'peer') return expire(name, options.signed)
      sealed ??= openSealed()
      void sealed!.commit({ type: 'removed' })
      sealed = null
      expire(name, false)
      if (options.signed !== false) expire(`${name}.sig`, false)
    },
  }
}
