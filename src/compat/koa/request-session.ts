import { isValid } from './is-valid.ts'
import type { Settings } from './options.ts'
import { isHalfOver, recordOf, type MaxAge } from './record-of.ts'
import type { KoaRecord, LoadedRecord, Records } from './records.ts'
import { saveRecord } from './save-record.ts'
import { createSessionCookies } from './session-cookies.ts'
import { createSession, mustSave, type CommitHow, type Session, type SessionContext } from './session.ts'

/** The session of one request. */
export interface RequestSession extends SessionContext {
  get(): Session | null
  set(value: unknown): void
  /** Reads the session from the store, if there is one. */
  open(): Promise<void>
}

/**
 * Creates the session of a request. One closure, because all of its functions compare the session with what was opened.
 *
 * @param ctx Koa's context
 */
export function createRequestSession(settings: Settings, ctx: any): RequestSession {
  const { rolling, userOf, replacedKeys } = settings
  const records: Records | null = settings.recordsIn(ctx)
  const options: any = { ...settings.attributes }
  const cookies = createSessionCookies(settings, ctx, options)
  const info = { ctx, rolling }
  /** `undefined` until it is used, and `null` after it was removed. */
  let session: Session | null | undefined
  let storeKey: string | undefined
  /** The key or the cookie that the request brought, and whether a sign-in had replaced it just before. */
  let requestKey: string | undefined
  let hadReplacedKey = false
  let loaded: LoadedRecord | null = null
  /** The session's data when the request brought it; `null` if it is new. */
  let originalText: string | null = null
  let owner: string | null = null
  let isStale = false
  /** Whether the session is the one that the request brought, or that it has stored, so that another request may have ended it. */
  let isStored = false
  let running: Promise<void> | null = null
  /** `revokeAll` refuses the sign-ins of requests that were opened before it. */
  const opening = records?.tick?.()

  function create(data: object | null, key?: string): void {
    if (records !== null) storeKey = key ?? settings.genid(ctx)
    session = createSession(requestSession, data, storeKey)
  }

  function accept(record: unknown, key?: string): void {
    if (!isValid(settings, ctx, record, key)) return create(null)
    create(record as object, key)
    originalText = JSON.stringify(session)
    owner = userOf(session!.toJSON())
    isStored = !isStale
  }

  function keepRequestKey(key: string | undefined): void {
    requestKey = key
    hadReplacedKey = key !== undefined && replacedKeys.has(key)
  }

  /** Whether this is a guest's session that must get no cookie: its response may arrive after that of the sign-in, and would undo it. */
  function isStray(userId: string | null): boolean {
    if (userId !== null || owner !== null || requestKey === undefined) return false
    return hadReplacedKey || replacedKeys.has(requestKey)
  }

  function openCookie(): void {
    keepRequestKey(cookies.value())
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
    return isStale || rolling || (settings.renew && isHalfOver(current)) ? 'unchanged' : null
  }

  /** Returns whether the session was saved: it may have ended meanwhile. */
  async function saveToStore(
    store: Records,
    record: KoaRecord,
    maxAge: MaxAge,
    { isReplaced, mustLive, changed }: Record<'isReplaced' | 'mustLive' | 'changed', boolean>,
  ): Promise<boolean> {
    // A key from before the sign-in must not open the session of the user.
    const how =
      isReplaced && loaded !== null
        ? { key: settings.genid(ctx), loaded: null, former: { key: storeKey!, mustLive } }
        : { key: storeKey!, loaded, former: null }
    const saved = await saveRecord(store, { ...how, record, maxAge, info: { ...info, changed }, opening })
    if (saved === null) return false
    const { key } = how
    storeKey = key
    loaded = saved
    cookies.writeKey(key)
    return true
  }

  /** Saves the session, unless it has ended meanwhile: then its cookie must not be sent again. */
  async function write(current: Session, changed: boolean, how: CommitHow): Promise<void> {
    const { record, maxAge } = recordOf(current, options.maxAge)
    const userId = userOf(record)
    // Koa removes the cookies of a response to an error. A sign-in would end the guest's session, and nothing would open the new one.
    const isLost = how.hasFailed === true && userId !== null && userId !== owner
    if (isLost || isStray(userId)) return
    const isRegenerated = how.regenerate === true
    const isReplaced = isRegenerated || userId !== owner
    // A sign-in opens nothing of the guest's session, so that one may have ended.
    const mustLive = isStored && (owner !== null || userId === null)
    const isSaved =
      records === null
        ? cookies.writeRecord(record, { isRegenerated, mustLive })
        : await saveToStore(records, record, maxAge, { isReplaced, mustLive, changed })
    if (!isSaved) return
    if (isReplaced) isStored = records !== null
    if (isReplaced && userId !== null && requestKey !== undefined) replacedKeys.add(requestKey)
    owner = userId
  }

  async function remove(): Promise<void> {
    if (records !== null && loaded !== null) await records.end(storeKey!, info)
    cookies.remove(records === null)
    storeKey = undefined
    loaded = owner = null
    isStored = false
  }

  async function commitNow(how: CommitHow): Promise<void> {
    // A cookie of the other wire is replaced, whatever the page.
    if (session === undefined && records === null && cookies.hasOtherWire()) requestSession.get()
    if (session === undefined) return
    if (session === null) return remove()
    const reason = findReason(session)
    if (reason === null && !how.save && !how.regenerate) return
    settings.beforeSave?.(ctx, session)
    await write(session, reason === 'changed', how)
    originalText = JSON.stringify(session)
    isStale = false
  }

  const requestSession: RequestSession = {
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
      keepRequestKey(key)
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
  return requestSession
}
