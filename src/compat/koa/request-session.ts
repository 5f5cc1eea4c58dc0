import { isKeygrip } from '../cookie/keys.ts'
import type { CookiePair } from '../cookie/set-cookie.ts'
import type { RequestCookies } from '../cookie/wire.ts'
import type { Settings } from './options.ts'
import type { KoaRecord, LoadedRecord, Records } from './records.ts'
import { readSealed } from './sealed-cookies.ts'
import { createSession, mustSave, type Session, type SessionHost } from './session.ts'

/** The session of one request. */
export interface RequestSession extends SessionHost {
  get(): Session | null
  set(value: unknown): void
  /** Reads the session from the store, if there is one. */
  open(): Promise<void>
}

const dayMs = 86_400_000

/**
 * Creates the session of a request. One closure, because all of its functions compare the session with what was opened.
 *
 * @param ctx Koa's context
 */
export function createRequestSession(settings: Settings, ctx: any): RequestSession {
  const { key: name, rolling, userOf } = settings
  const records: Records | null = settings.recordsIn(ctx)
  const options: any = { ...settings.attributes }
  /** `undefined` until it is used, and `null` after it was removed. */
  let session: Session | null | undefined
  let storeKey: string | undefined
  let loaded: LoadedRecord | null = null
  let sealed: RequestCookies | null = null
  /** The session's data when the request brought it; `null` if it is new. */
  let originalText: string | null = null
  let owner: string | null = null
  /** Whether the cookie has another wire than the one that is written. */
  let isStale = false

  function create(data: object | null, key?: string): void {
    if (records !== null) storeKey = key ?? settings.genid(ctx)
    session = createSession(host, data, storeKey)
  }

  function accept(record: unknown, key?: string): void {
    if (!isValid(record, key)) return create(null)
    create(record as object, key)
    originalText = JSON.stringify(session)
    owner = userOf(session!.toJSON())
  }

  function isValid(record: any, key: string | undefined): boolean {
    const report = (event: string): false => {
      setImmediate(() => ctx.app.emit(`session:${event}`, { key, value: record, ctx }))
      return false
    }
    if (!record) return report('missed')
    if (typeof record._expire === 'number' && record._expire < Date.now()) return report('expired')
    return settings.valid === undefined || settings.valid(ctx, record) ? true : report('invalid')
  }

  /** Opens the sealed cookie. `null` if the application's keys cannot seal. */
  function openSealed(): RequestCookies | null {
    const keys = options.signed === false ? undefined : ctx.app.keys
    const isPeers = settings.wire === 'peer'
    if (options.signed !== false && !keys) {
      if (isPeers) return null
      throw new Error('.keys required for signed cookies')
    }
    if (isPeers && (keys === undefined || isKeygrip(keys))) return null
    return settings.sealedCookies(keys).open(ctx.get('Cookie')) as RequestCookies
  }

  function openCookie(): void {
    sealed = openSealed()
    const text = sealed && readSealed(sealed)
    if (text !== null) {
      isStale = settings.wire === 'peer'
      return accept(settings.decodeSealed(text))
    }
    // Anyone can write cookies that are not signed.
    const canRead = settings.wire === 'peer' || options.signed !== false
    const value: string | undefined = canRead && hasSignature() ? ctx.cookies.get(name, options) : undefined
    if (!value) return create(null)
    let record: unknown
    try {
      record = settings.decode(value)
    } catch (error) {
      if (error instanceof SyntaxError) return create(null)
      throw error
    }
    isStale = settings.wire === 'sealed'
    accept(record)
  }

  /** Without a signature, Koa would delete the cookie. A cookie that is refused must not change. */
  const hasSignature = (): boolean =>
    options.signed === false || (ctx.cookies.get(`${name}.sig`, { signed: false }) !== undefined && isSignedByUs())

  function isSignedByUs(): boolean {
    const value: unknown = ctx.cookies.get(name, { signed: false })
    const signature: unknown = ctx.cookies.get(`${name}.sig`, { signed: false })
    return ctx.cookies.keys?.verify(`${name}=${String(value)}`, signature) === true
  }

  /** Whether the session has to be saved, and why. */
  function findReason(current: Session): 'changed' | 'unchanged' | null {
    const isChanged = originalText === null ? current.populated : originalText !== JSON.stringify(current)
    if (isChanged) return 'changed'
    if (mustSave(current) || isStale) return 'unchanged'
    if (originalText === null) return null
    const { maxAge } = current
    const expire: unknown = current['_expire']
    const isDue =
      settings.renew && typeof expire === 'number' && typeof maxAge === 'number' && expire - Date.now() < maxAge / 2
    return rolling || isDue ? 'unchanged' : null
  }

  function toRecord(current: Session): { record: KoaRecord; maxAge: number | 'session' } {
    const maxAge: number | 'session' = options.maxAge ?? dayMs
    const data = current.toJSON()
    if (maxAge === 'session') return { record: { ...data, _session: true }, maxAge }
    return { record: { ...data, _expire: Date.now() + maxAge, _maxAge: maxAge }, maxAge }
  }

  async function saveToStore(current: Session, store: Records, isChanged: boolean): Promise<void> {
    const { record, maxAge } = toRecord(current)
    const userId = userOf(record)
    // An id from before the sign-in must not open the session of the user.
    const formerKey = loaded !== null && userId !== owner ? storeKey : undefined
    if (formerKey !== undefined) {
      storeKey = settings.genid(ctx)
      loaded = null
    }
    const storeMaxAge = maxAge === 'session' ? maxAge : maxAge + 10_000
    const saved = await store.save(storeKey!, record, storeMaxAge, { changed: isChanged, ctx, rolling }, loaded)
    if (formerKey !== undefined) await store.end(formerKey, { ctx, rolling })
    // It has ended meanwhile, so its cookie must not be sent again.
    if (saved === null) return
    loaded = saved
    owner = userId
    if (settings.externalKey !== undefined) settings.externalKey.set(ctx, storeKey!)
    else setCookie(storeKey!, maxAge)
  }

  function saveToCookie(current: Session, isRegenerated: boolean): void {
    const { record, maxAge } = toRecord(current)
    if (settings.wire === 'peer') return setCookie(settings.encode(record), maxAge)
    sealed ??= openSealed()
    const data = { text: settings.encodeSealed(record), user: userOf(record) }
    const pairs = sealed!.commit({ type: 'saved', data, isRegenerated }) as readonly CookiePair[]
    sealed = null
    const pair = pairs.find(([each]) => each === name)
    if (pair !== undefined) setCookie(pair[1], maxAge, false)
    deleteSignature()
  }

  function setCookie(value: string, maxAge: unknown, signed: boolean = options.signed): void {
    ctx.cookies.set(name, value, { ...options, maxAge: maxAge === 'session' ? undefined : maxAge, signed })
  }

  function deleteSignature(): void {
    if (ctx.cookies.get(`${name}.sig`, { signed: false }) === undefined) return
    ctx.cookies.set(`${name}.sig`, '', { ...options, signed: false, expires: new Date(0), maxAge: false })
  }

  async function remove(): Promise<void> {
    if (records !== null) {
      if (storeKey !== undefined) await records.end(storeKey, { ctx, rolling })
    } else if (settings.wire === 'sealed') {
      sealed ??= openSealed()
      void sealed!.commit({ type: 'removed' })
      sealed = null
    }
    const isSealed = records === null && settings.wire === 'sealed'
    const signed = isSealed ? false : options.signed
    ctx.cookies.set(name, '', { ...options, expires: new Date(0), maxAge: false, signed })
    if (isSealed) deleteSignature()
  }

  const host: RequestSession = {
    options,

    get listId() {
      return (loaded?.state as { identity?: { id: string } | null } | undefined)?.identity?.id ?? null
    },

    get() {
      if (session === undefined) {
        if (records === null) openCookie()
        else create(null)
      }
      return session!
    },

    set(value) {
      if (value === null) {
        if (session === undefined) host.get()
        session = null
      } else if (typeof value === 'object') create(value, storeKey)
      else throw new Error('this.session can only be set as null or an object.')
    },

    async open() {
      if (records === null) return
      const { externalKey } = settings
      const key = externalKey === undefined ? readKey() : externalKey.get(ctx)
      if (!key) return create(null)
      loaded = await records.load(key, options.maxAge, { ctx, rolling })
      accept(loaded?.record, key)
      if (originalText === null) loaded = null
    },

    async commit({ save = false, regenerate = false }) {
      // A cookie of the other wire is replaced, whatever the page.
      if (session === undefined && records === null && hasOtherWire()) host.get()
      if (session === undefined) return
      if (session === null) return remove()
      if (regenerate && records !== null) {
        if (storeKey !== undefined) await records.end(storeKey, { ctx, rolling })
        storeKey = settings.genid(ctx)
        loaded = null
      }
      const reason = findReason(session)
      if (reason === null && !save && !regenerate) return
      settings.beforeSave?.(ctx, session)
      if (records === null) saveToCookie(session, regenerate)
      else await saveToStore(session, records, reason === 'changed')
      originalText = JSON.stringify(session)
      isStale = false
    },
  }

  const readKey = (): string | undefined => (hasSignature() ? ctx.cookies.get(name, options) : undefined)

  function hasOtherWire(): boolean {
    const hasCookie = ctx.cookies.get(name, { signed: false }) !== undefined
    const isSigned = ctx.cookies.get(`${name}.sig`, { signed: false }) !== undefined
    return hasCookie && options.signed !== false && isSigned === (settings.wire === 'sealed')
  }

  return host
}
