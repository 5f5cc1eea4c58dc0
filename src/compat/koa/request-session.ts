import type { Settings } from './options.ts'
import type { KoaRecord, LoadedRecord, Records } from './records.ts'
import { createSessionCookies, type MaxAge } from './session-cookies.ts'
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
  const { rolling, userOf } = settings
  const records: Records | null = settings.recordsIn(ctx)
  const options: any = { ...settings.attributes }
  const cookies = createSessionCookies(settings, ctx, options)
  const info = { ctx, rolling }
  /** `undefined` until it is used, and `null` after it was removed. */
  let session: Session | null | undefined
  let storeKey: string | undefined
  let loaded: LoadedRecord | null = null
  /** The session's data when the request brought it; `null` if it is new. */
  let originalText: string | null = null
  let owner: string | null = null
  let isStale = false
  let running: Promise<void> | null = null
  /** `revokeAll` refuses the sign-ins of requests that were opened before it. */
  const opening = records?.tick?.()

  function create(data: object | null, key?: string): void {
    if (records !== null) storeKey = key ?? settings.genid(ctx)
    session = createSession(host, data, storeKey)
  }

  function accept(record: unknown, key?: string): void {
    if (!isValid(settings, ctx, record, key)) return create(null)
    create(record as object, key)
    originalText = JSON.stringify(session)
    owner = userOf(session!.toJSON())
  }

  function openCookie(): void {
    const found = cookies.readRecord()
    if (found === null) return create(null)
    isStale = found.isStale
    accept(found.record)
  }

  /** Returns whether the session must be saved, and whether that is because it has changed. */
  function findReason(current: Session): 'changed' | 'unchanged' | null {
    const isChanged = originalText === null ? current.populated : originalText !== JSON.stringify(current)
    if (isChanged) return 'changed'
    if (mustSave(current)) return 'unchanged'
    if (originalText === null) return null
    const { maxAge } = current
    const expire: unknown = current['_expire']
    const isDue =
      settings.renew && typeof expire === 'number' && typeof maxAge === 'number' && expire - Date.now() < maxAge / 2
    return isStale || rolling || isDue ? 'unchanged' : null
  }

  function toRecord(current: Session): { record: KoaRecord; maxAge: MaxAge } {
    const maxAge: MaxAge = options.maxAge || dayMs
    const data = current.toJSON()
    if (maxAge === 'session') return { record: { ...data, _session: true }, maxAge }
    return { record: { ...data, _expire: Date.now() + maxAge, _maxAge: maxAge }, maxAge }
  }

  async function saveToStore(current: Session, store: Records, changed: boolean): Promise<void> {
    const { record, maxAge } = toRecord(current)
    const userId = userOf(record)
    // A key from before the sign-in must not open the session of the user.
    const formerKey = loaded !== null && userId !== owner ? storeKey : undefined
    if (formerKey !== undefined) {
      storeKey = settings.genid(ctx)
      loaded = null
    }
    const storeMaxAge = maxAge === 'session' ? maxAge : maxAge + 10_000
    const saved = await store.save(storeKey!, record, storeMaxAge, { ...info, changed }, loaded, opening)
    if (formerKey !== undefined) await store.end(formerKey, info)
    // It has ended meanwhile, so its cookie must not be sent again.
    if (saved === null) return
    loaded = saved
    owner = userId
    if (settings.externalKey !== undefined) settings.externalKey.set(ctx, storeKey!)
    else cookies.writeKey(storeKey!)
  }

  async function remove(): Promise<void> {
    if (records !== null && storeKey !== undefined) await records.end(storeKey, info)
    cookies.remove(records === null)
  }

  async function commitNow({ save = false, regenerate = false }: Parameters<SessionHost['commit']>[0]): Promise<void> {
    // A cookie of the other wire is replaced, whatever the page.
    if (session === undefined && records === null && cookies.hasOtherWire()) host.get()
    if (session === undefined) return
    if (session === null) return remove()
    if (regenerate && records !== null) {
      await records.end(storeKey!, info)
      storeKey = settings.genid(ctx)
      loaded = null
    }
    const reason = findReason(session)
    if (reason === null && !save && !regenerate) return
    settings.beforeSave?.(ctx, session)
    if (records !== null) await saveToStore(session, records, reason === 'changed')
    else cookies.writeRecord(toRecord(session).record, regenerate)
    originalText = JSON.stringify(session)
    isStale = false
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
      if (value === null) session = null
      else if (typeof value === 'object') create(value, storeKey)
      else throw new Error('this.session can only be set as null or an object.')
    },

    async open() {
      if (records === null) return
      const { externalKey } = settings
      const key = externalKey === undefined ? cookies.readKey() : externalKey.get(ctx)
      if (!key) return create(null)
      loaded = await records.load(key, options.maxAge, info)
      accept(loaded?.record, key)
      if (originalText === null) loaded = null
    },

    async commit(how) {
      const start = async (): Promise<void> => commitNow(how)
      // An application may call `save()` and not wait. The response waits for it.
      running = running === null ? start() : running.then(start, start)
      await running
    },
  }
  return host
}

function isValid({ valid }: Settings, ctx: any, record: any, key: string | undefined): boolean {
  const report = (event: string): false => {
    setImmediate(() => ctx.app.emit(`session:${event}`, { key, value: record, ctx }))
    return false
  }
  if (!record) return report('missed')
  if (typeof record._expire === 'number' && record._expire < Date.now()) return report('expired')
  return valid === undefined || valid(ctx, record) ? true : report('invalid')
}
