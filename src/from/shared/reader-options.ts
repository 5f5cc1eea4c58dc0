import { checkOptionNames } from '../../core/check-options.ts'
import { optionsError, SojournError } from '../../core/errors.ts'
import { isObject } from './json-object.ts'

/** A user's id; `null`, `undefined` or an empty text for a guest. */
export type ForeignUserId = string | number | null | undefined

/** Options that each reader of `sojourn/from/…` takes, except Flask's. `Data` is the data of the library's sessions. */
export interface ReaderOptions<Data extends object> {
  /**
   * Returns the id of the user who is signed in, or `null` for a guest: `(data) => data.userId`. A number becomes text. It may be a promise, for
   * example to check in your table that the user still exists. If it throws, the session is unavailable and the response is a 503,
   * so expect data without a user: `(data) => data.user?.id`.
   */
  user: (data: Data) => ForeignUserId | Promise<ForeignUserId>
  /**
   * Returns the data to keep, as `session.data`: an object, not a promise. Use it to rename or drop keys. Without keys, nothing is
   * kept. If it returns something else, the session is unavailable, as if `user` throws.
   *
   * @default all keys, except those of the library itself and Passport's
   */
  dataOf?: ((data: Data) => Readonly<Record<string, unknown>>) | undefined
  /** The name of the library's cookie. @default the library's own default */
  cookieName?: string | undefined
  /** The cookie's `Domain`. A cookie that was set with a domain can only be deleted with the same one. @default not set */
  cookieDomain?: string | undefined
  /** The cookie's `Path`. Needed to delete the cookie, like the domain. @default '/' */
  cookiePath?: string | undefined
  /**
   * Whether the library's cookie remains after its session was adopted, because servers with the library still answer some
   * requests, or may have to again. A sign-out here deletes it anyway. Sojourn's own cookie then needs another name.
   *
   * @default false
   */
  keepCookie?: boolean | undefined
}

const readerOptionNames = ['user', 'dataOf', 'cookieName', 'cookieDomain', 'cookiePath', 'keepCookie']

/** Checks the options of a reader, except those of its cookie. `ownNames` are those that only this reader has. @throws `ERR_OPTIONS` */
export function checkReaderOptions(caller: string, options: ReaderOptions<any>, ownNames: readonly string[]): void {
  checkOptionNames(caller, options, [...ownNames, ...readerOptionNames])
  if (typeof options.user !== 'function')
    throw optionsError(`${caller} needs the option user, a function: user: (data) => data.userId ?? null`)
  if (options.dataOf !== undefined && typeof options.dataOf !== 'function')
    throw optionsError(`dataOf of ${caller} must be a function: dataOf: ({ cart }) => ({ cart })`)
}

/** @throws `ERR_OPTIONS` if the value of an option is neither `true` nor `false` */
export function checkBoolean(caller: string, option: string, value: unknown): void {
  if (typeof value !== 'boolean') throw optionsError(`${option} of ${caller} must be true or false.`)
}

/** Returns what `dataOf` returned. @throws `ERR_OPTIONS` if it is no object, or a promise */
export function checkKeptData(caller: string, kept: unknown): Readonly<Record<string, unknown>> {
  if (isObject(kept) && typeof kept['then'] !== 'function') return kept
  throw optionsError(`dataOf of ${caller} must return an object, and {} to keep nothing; not ${describeKind(kept)}.`)
}

/** The value itself would be the user's data in an error. */
function describeKind(kept: unknown): string {
  if (isObject(kept)) return 'a promise'
  if (Array.isArray(kept)) return 'a list'
  return kept === null ? 'null' : typeof kept
}

/** Returns the user's id as text, or `null` for a guest. @throws `ERR_USER_ID` for a value that is no id */
export function toUserId(caller: string, id: ForeignUserId): string | null {
  if (id === null || id === undefined || id === '') return null
  if (typeof id === 'string' || Number.isSafeInteger(id)) return String(id)
  throw new SojournError(
    'ERR_USER_ID',
    `The option user of ${caller} must return the user's id as text or an integer, or null for a guest; not ${typeof id}.`,
  )
}
