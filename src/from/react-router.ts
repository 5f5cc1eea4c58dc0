import type { ForeignSessions } from '../cookies/foreign.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import type { ForeignMessage } from './shared/data-texts.ts'
import { readForeignSecrets, type ForeignSecrets } from './shared/foreign-secrets.ts'
import { createSettleSteps, toPromiseStore, type PromiseStore } from './shared/foreign-store.ts'
import { isObject } from './shared/json-object.ts'
import { checkBoolean, type ReaderOptions } from './shared/reader-options.ts'
import type { ForeignData } from './shared/stored-session.ts'
import { unsign } from './shared/unsign.ts'

export type { PromiseStore } from './shared/foreign-store.ts'

/** Options of {@link fromReactRouter}. */
export interface FromReactRouterOptions extends ReaderOptions<ForeignData> {
  /** `cookie.secrets` of the session storage, exactly as there. Cookies that are not signed are refused. */
  secrets: ForeignSecrets
  /** Whether a session outlives the browser: whether the storage's cookie has `maxAge` or `expires`. @default true */
  remember?: boolean | undefined
  /**
   * Where the sessions are, if the cookie has only their id: `{ get: (id) => readData(id), destroy: (id) => deleteData(id) }`,
   * with the functions of `createSessionStorage`.
   *
   * @default none: the cookie has the data, as of `createCookieSessionStorage`
   */
  store?: PromiseStore | undefined
}

/**
 * Adopts sessions of React Router 7 and Remix 2:
 * `createSessions({ accept: [fromReactRouter({ secrets, user: (data) => data.userId })] })`. Messages of `session.flash` become
 * flash messages, with their key as the category.
 *
 * **With a `store`**, a sign-out here destroys the session there.
 *
 * **Without one**, a sign-out here deletes the cookie, and the same value is not adopted again for one absolute timeout. The
 * cookie has neither an id nor a time. So two devices of a user with the same data have the same cookie: they share one session
 * here, and a sign-out on one ends both. A copy of an earlier cookie with other data opens a session of its own until its
 * secret is removed here. `revokeAll` refuses all cookies of its user that were not adopted before it, even from a later
 * sign-in there, for one absolute timeout. Guests are never mixed up.
 *
 * `absoluteTimeout` counts from the adoption.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromReactRouter(options: FromReactRouterOptions): ForeignSessions {
  const { remember = true, store } = options
  const secrets = readForeignSecrets('fromReactRouter', 'secrets', options.secrets)
  checkBoolean('fromReactRouter', 'remember', remember)
  const records = store && toPromiseStore('fromReactRouter', store)

  return createReader<ForeignData>(
    {
      name: 'react-router',
      caller: 'fromReactRouter',
      optionNames: ['secrets', 'remember', 'store'],
      defaultCookieName: '__session',
      async open(value, request) {
        const signed = unsign(decodeCookieValue(value), secrets)
        const content = signed === null ? null : readContent(signed)
        if (records === undefined) {
          if (!isObject(content)) return null
          return { ...splitFlashes(content), secret: signed!, isShared: true, remember }
        }
        if (typeof content !== 'string' || content === '') return null
        const record = await request.ask(() => records.get(content))
        if (!isObject(record)) return null
        return {
          ...splitFlashes(record),
          secret: content,
          remember,
          ...createSettleSteps(records, content, request),
        }
      },
    },
    options,
  )
}

/** Reads the base64 of JSON. */
function readContent(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString())
  } catch {
    return null
  }
}

/** Separates the messages of `session.flash`, whose keys are `__flash_…__`, from the data. */
function splitFlashes(content: Readonly<Record<string, unknown>>) {
  const messages: ForeignMessage[] = []
  const kept: [string, unknown][] = []
  for (const [key, value] of Object.entries(content)) {
    const category = /^__flash_(.+)__$/s.exec(key)?.[1]
    if (category === undefined) kept.push([key, value])
    else messages.push({ category, message: typeof value === 'string' ? value : JSON.stringify(value) })
  }
  return { data: content, kept: Object.fromEntries(kept), messages }
}
