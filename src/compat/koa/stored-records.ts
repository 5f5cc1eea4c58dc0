import type { Token } from '../../core/token.ts'
import type { SessionManagement } from '../express/management.ts'
import { settle } from '../express/stored-session-store.ts'
import type { FormerStore } from '../shared/former-store.ts'
import { lifeOf, valuesOf } from '../shared/session-texts.ts'
import { createStoredSessions } from '../shared/stored-sessions.ts'
import type { StoredSessionsOptions } from '../shared/session-settings.ts'
import type { UserOf } from '../shared/user-of.ts'
import type { KoaRecord, KoaStore, LoadedRecord, Records } from './records.ts'

/** The options of {@link createStoredRecords}. */
export interface StoredRecordsOptions extends Pick<
  StoredSessionsOptions,
  'store' | 'touchAfter' | 'storeTimeout' | 'onEvent'
> {
  readonly userOf: UserOf
  readonly from: KoaStore | undefined
}

/** A session that ends with the browser: its record lives for as long as any. */
const ttl = 400 * 24 * 3600

/** Keeps sessions in a store of Sojourn. */
export function createStoredRecords({ userOf, from, ...options }: StoredRecordsOptions) {
  const sessions = createStoredSessions({
    ...options,
    library: 'koa-session',
    userOf: (values: Values) => userOf(toRecord(values, Date.now())),
    from: from && toFormerStore(from),
    ttl,
  })

  const toLoaded = (token: Token): LoadedRecord => ({
    record: toRecord(valuesOf(token.data!, token.lastSeenAt) as Values, token.lastSeenAt),
    state: token,
  })

  const records: Records = {
    tick: () => sessions.tick(),
    async load(key) {
      const token = await sessions.find(key)
      return token && toLoaded(token)
    },
    async save(key, record, _maxAge, _info, loaded, opening) {
      const values = toValues(record)
      if (loaded === null) return toLoaded(await sessions.create(key, values, opening))
      const token = await sessions.update(key, loaded.state as Token, values, false)
      return token && toLoaded(token)
    },
    end: async (key) => sessions.end(key),
    endLive: async (key) => sessions.endLive(key),
  }
  const { list, revoke, revokeAll } = sessions
  return { records, management: { list, revoke, revokeAll } satisfies Lists }
}

/** The functions that manage the sessions of a user. */
export interface Lists extends Pick<SessionManagement, 'list' | 'revoke'> {
  /** @param exceptId the id of a session to keep, as in lists */
  revokeAll(userId: string, exceptId?: string): ReturnType<SessionManagement['revokeAll']>
}

/** A session's values, with its life as express-session's stores have it. */
type Values = Record<string, unknown> & { readonly cookie: { originalMaxAge: number | null; expires?: string } }

/** Converts a record. The key `cookie` holds its life, so a value of that name gets another. */
function toValues({ _expire, _maxAge, _session, ...data }: KoaRecord): Values {
  const entries = Object.entries(data).map(([key, value]) => [/^\.*cookie$/.test(key) ? `.${key}` : key, value])
  const cookie = {
    originalMaxAge: typeof _maxAge === 'number' ? _maxAge : null,
    ...(typeof _expire === 'number' && { expires: new Date(_expire).toISOString() }),
  }
  return { ...(Object.fromEntries(entries) as object), cookie }
}

function toRecord({ cookie, ...values }: Values, lastSeenAt: number): KoaRecord {
  const life = lifeOf(cookie)
  const entries = Object.entries(values).map(([key, value]) => [/^\.+cookie$/.test(key) ? key.slice(1) : key, value])
  return {
    ...(Object.fromEntries(entries) as object),
    ...(life === null ? { _session: true } : { _expire: lastSeenAt + life, _maxAge: life }),
  }
}

/** Adapts the store that koa-session used before. */
function toFormerStore(store: KoaStore): FormerStore {
  const info = { ctx: {}, rolling: false }
  const find = async (key: string): Promise<Values | null> => {
    const record = (await store.get(key, 86_400_000, info)) as KoaRecord | null | undefined
    if (!record || (typeof record['_expire'] === 'number' && record['_expire'] < Date.now())) return null
    return toValues(record)
  }
  const end = async (key: string): Promise<unknown> => store.destroy(key, info)
  return {
    get: (key, callback) => settle(() => find(key), callback),
    destroy: (key, callback) => settle(() => end(key), callback),
  }
}
