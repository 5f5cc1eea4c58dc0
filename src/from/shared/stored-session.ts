import type { FoundSession } from './create-reader.ts'
import { isObject } from './json-object.ts'

/** Data as the other library's session has it. */
export type ForeignData = Record<string, any>

/** The cookie in a record of express-session or @fastify/session: JSON, or an object of the library's own class. */
interface RecordCookie {
  readonly expires?: Date | string | null | undefined
  readonly originalExpires?: Date | string | null | undefined
  readonly originalMaxAge?: number | null | undefined
}

/** Returns the session in a record of a store of express-session or @fastify/session. `id` is secret. */
export function readStoredSession(
  record: object | null | undefined,
  id: string,
): (FoundSession<ForeignData> & { readonly cookie: RecordCookie }) | null {
  if (!isObject(record)) return null
  // session-file-store writes __lastAccess.
  const { cookie, __lastAccess: _lastAccess, ...data } = record
  const recordCookie: RecordCookie = isObject(cookie) ? cookie : {}
  return {
    data,
    secret: id,
    remember: recordCookie.expires != null,
    cookie: recordCookie,
  }
}
