import { isKeygrip, keysSet } from '../cookie/keys.ts'
import { applyHeaders, type HeaderAccess } from '../../adapters/shared/apply-headers.ts'
import { readCookieValues } from '../../cookies/cookie-header.ts'
import type { CookiePair } from '../cookie/set-cookie.ts'
import type { RequestCookies } from '../cookie/wire.ts'
import type { Settings } from './options.ts'
import type { MaxAge } from './record-of.ts'
import type { KoaRecord } from './records.ts'
import { readSealed } from './sealed-cookies.ts'

/** How many cookies of one name are tried. A cookie of another path or of a parent domain must not hide ours. */
const maxCookies = 8

/** Headers of the response of Koa's context. */
const koaHeaders: HeaderAccess<any> = {
  get: (ctx, name) => [ctx.response.get(name)].flat().join(', ') || null,
  set: (ctx, name, value) => ctx.set(name, value),
  append: (ctx, name, value) => ctx.append(name, value),
  names: (ctx) => Object.keys(ctx.response.headers),
  remove: (ctx, name) => ctx.remove(name),
}

/** The cookies of one request: with a session, or with its key. */
export interface SessionCookies {
  /** Returns the value of the request's cookie. */
  value(): string | undefined
  /** Returns the key in the cookie. */
  readKey(): string | undefined
  /** Returns the session in the cookie, and whether the cookie must be replaced, because it is of the other wire. */
  readRecord(): { readonly record: unknown; readonly isStale: boolean } | null
  /** Whether the request seems to have a cookie of the other wire. */
  hasOtherWire(): boolean
  /** Sends the key: by the cookie, or by `externalKey`. */
  writeKey(key: string): void
  /**
   * Returns whether the session was saved.
   *
   * @param how `isRegenerated`: the session that the request brought ends. `mustLive`: it must not have ended before
   */
  writeRecord(record: KoaRecord, how: { readonly isRegenerated: boolean; readonly mustLive: boolean }): boolean
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

  /** Returns the first value of the cookie that our keys signed. */
  function readSigned(): string | undefined {
    if (options.signed === false) return ctx.cookies.get(name, options)
    const header: string = ctx.get('Cookie')
    const signatures = readCookieValues(header, `${name}.sig`).slice(0, maxCookies)
    const isSigned = (value: string): boolean =>
      signatures.some((signature) => ctx.cookies.keys?.verify(`${name}=${value}`, signature))
    const value = readCookieValues(header, name).slice(0, maxCookies).find(isSigned)
    // Koa signs a value again that an older key signed. But it knows only the first one, and would delete a signature that is not ours.
    return value !== undefined && value === valueOf(name) && signatures.length === 1
      ? ctx.cookies.get(name, options)
      : value
  }

  function makePrivate(): void {
    if (settings.cacheHeaders) applyHeaders(koaHeaders, ctx, { cookies: [], isPrivate: true })
  }

  /** Without `maxAge` the cookie ends with the browser, although the session lives for a day. */
  function setCookie(value: string, signed: boolean = options.signed): void {
    const maxAge: MaxAge | undefined = options.maxAge
    ctx.cookies.set(name, value, { ...options, maxAge: maxAge === 'session' ? undefined : maxAge, signed })
    makePrivate()
  }

  function expire(cookie: string, signed: boolean): void {
    ctx.cookies.set(cookie, '', { ...options, expires: new Date(0), maxAge: false, signed })
    makePrivate()
  }

  function expireSignature(): void {
    if (valueOf(`${name}.sig`) !== undefined) expire(`${name}.sig`, false)
  }

  return {
    value: () => valueOf(name),

    readKey: readSigned,

    readRecord() {
      const sealed = openSealed()
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

    writeKey(key) {
      if (settings.externalKey === undefined) return setCookie(key)
      settings.externalKey.set(ctx, key)
      makePrivate()
    },

    writeRecord(record, { isRegenerated, mustLive }) {
      if (wire === 'peer') {
        setCookie(settings.encode(record))
        return true
      }
      const data = { text: settings.encodeSealed(record), user: settings.userOf(record) }
      // Opened again, because another request may have ended the session meanwhile.
      const sealed = openSealed()!
      if (mustLive && readSealed(sealed) === null) return false
      const pairs = sealed.commit({ type: 'saved', data, isRegenerated }) as readonly CookiePair[]
      const pair = pairs.find(([each]) => each === name)
      if (pair !== undefined) setCookie(pair[1], false)
      expireSignature()
      return true
    },

    remove(hasData) {
      if (!hasData || wire === 'peer') return expire(name, options.signed)
      void openSealed()!.commit({ type: 'removed' })
      expire(name, false)
      if (options.signed !== false) expire(`${name}.sig`, false)
    },
  }
}
