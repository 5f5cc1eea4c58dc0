import type { ForeignSessions } from '../cookies/foreign.ts'
import { optionsError } from '../core/errors.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { isPlausibleId } from './shared/foreign-store.ts'
import { toInstant } from './shared/instant.ts'
import type { ReaderOptions } from './shared/reader-options.ts'

export type { ForeignUserId, ReaderOptions } from './shared/reader-options.ts'

/** Options of {@link fromRecords}, in addition to those of {@link ReaderOptions}. `Found` is the record that `find` returns, such as a row of a table. */
export interface FromRecordsOptions<Found extends object> extends ReaderOptions<Found> {
  /** The cookie's name. */
  cookieName: string
  /**
   * Returns the id in a cookie's value, which is already URI-decoded, or `null` if the value is not one. Check a signature here. If it
   * throws, the value is ignored.
   *
   * @default the value itself
   */
  idOf?: ((value: string) => string | null | Promise<string | null>) | undefined
  /**
   * Finds the record of a live session. Resolves to `null` or `undefined` if there is none, or it has expired, also for an id that is malformed:
   * anyone can send `junk` for a column of UUIDs. If it rejects, the response is a 503. It must find a record by one spelling of its id only, and
   * a collation of MySQL or SQL Server may ignore case and spaces. Then check the id of the record, or use a hash in `idOf`: with another
   * spelling, a session that was signed out would open again.
   */
  find: (id: string) => Promise<Found | null | undefined>
  /** Ends the session: removes its record. Does nothing if there is none. */
  end: (id: string) => Promise<unknown>
  /**
   * When the user signed in: a `Date`, epoch milliseconds, or a text that `Date` reads. A value that is no time counts as unknown, and so
   * does one that is more than a minute ahead.
   *
   * @default unknown
   */
  signedInAt?: ((record: Found) => Date | number | string | null | undefined) | undefined
  /** Returns the data to keep, as `session.data`. @default nothing, because a record has more than data */
  dataOf?: ((record: Found) => Readonly<Record<string, unknown>>) | undefined
}

/**
 * Adopts sessions from a table, or any other place that has a record for each id:
 * `createSessions({ accept: [fromRecords({ cookieName, find, end, user })] })`. Use it for a session library that has no reader of its own, and for
 * sessions that you made yourself.
 *
 * A session counts as used now. Without `signedInAt`, `session.signedInAt` is `null`, `absoluteTimeout` counts from the adoption, and
 * for one absolute timeout after `revokeAll` all of that user's records are refused.
 *
 * A sign-out with the old cookie calls `end`. Otherwise the record remains until your application removes it, or `find` no longer
 * returns it. Until then a copy of the old cookie opens the session that was adopted, and nothing if that was signed out or
 * revoked. If that idled out, the copy opens it again. An end is
 * remembered for at least one absolute timeout from the adoption, or from `signedInAt`. So remove the reader within one absolute timeout of the change.
 *
 * @throws `ERR_OPTIONS`
 */
export function fromRecords<Found extends object>(options: FromRecordsOptions<Found>): ForeignSessions {
  const { cookieName, idOf = (value) => value, find, end, signedInAt } = options
  const reader = createReader<Found>(
    {
      name: 'records',
      caller: 'fromRecords',
      optionNames: ['idOf', 'find', 'end', 'signedInAt'],
      defaultCookieName: cookieName,
      async open(value, { ask }) {
        const id = await readId(idOf, decodeCookieValue(value))
        if (id === null) return null
        const record = await ask(() => find(id))
        if (record == null) return null
        const instant = toInstant(signedInAt?.(record))
        return {
          data: record,
          kept: {},
          secret: id,
          signedInAt: instant,
          createdAt: instant,
          remember: true,
          end: () => end(id),
        }
      },
    },
    options,
  )
  if (typeof find !== 'function' || typeof end !== 'function')
    throw optionsError('fromRecords needs the options find and end, functions that take an id and return a promise.')
  return reader
}

async function readId(idOf: (value: string) => string | null | Promise<string | null>, value: string) {
  try {
    const id: unknown = await idOf(value)
    return typeof id === 'string' && isPlausibleId(id) ? id : null
  } catch {
    return null
  }
}
