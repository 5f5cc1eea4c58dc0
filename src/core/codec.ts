import { SojournError } from './errors.ts'

/** Converts a value of `session.data` to text and back. `parse(stringify(x))` equals `x`, and equal values give equal texts. */
export interface Codec {
  /**
   * Whether long texts are parsed when their key is first read. Then a text that is damaged is noticed only if it is read.
   *
   * @default false: all are parsed when the first key is read, and a damaged one makes the session `unreadable`
   */
  readonly isLazy?: boolean | undefined
  /** Parses a text. Throws if it is not a text of this codec. */
  parse(text: string): unknown
  /**
   * Converts a value to text. A format may have several texts for one value: if `original` parses to an equal value,
   * the result is `original`.
   *
   * @param path the path of `value`, such as `cart`
   * @param original the text that the value replaces
   * @throws `ERR_DATA` for a value that the format cannot encode; the message gives its path, such as `cart[2].added`
   */
  stringify(value: unknown, path: string, original?: string): string
}

/**
 * JSON (RFC 8259) that throws for a value that JSON would lose: a `Date`, a `Map`, `NaN`, a function, `undefined` in a list.
 * Members that are `undefined` are omitted, and `-0` becomes 0. Symbol keys and named properties of a list are ignored.
 */
export const jsonCodec: Codec = {
  isLazy: true,
  parse: JSON.parse,

  stringify(value, path) {
    let text: string | undefined
    try {
      text = JSON.stringify(value)
      if (isJson(value)) return text
    } catch {
      // A cycle, a bigint or too deep a value: `findUnsupported` finds its path.
    }
    const { at, what } = findUnsupported(value, new Set()) ?? { at: '', what: 'a value that is nested too deeply' }
    throw unsupportedValue(path + at, what, 'JSON', 'text, numbers, booleans, null, lists and plain objects of these')
  },
}

/** Creates the error for a value that a format cannot encode. It gives the value's path and the types that can be stored. */
export function unsupportedValue(path: string, what: string, format: string, supported: string): SojournError {
  return new SojournError(
    'ERR_DATA',
    `session.data.${shortenPath(path)} holds ${what}, which ${format} cannot encode. Use ${supported}.`,
  )
}

function isJson(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isJson(value[index])) return false
    return true
  }
  if (!isPlainObject(value)) return false
  for (const key in value) {
    const member: unknown = Reflect.get(value, key)
    if (member !== undefined && !isJson(member)) return false
  }
  return true
}

/** Whether a value is a plain object: one without a class, such as `{}`. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Deeper values are rejected: the search for the path recurses, and the stack is limited. */
const maxDepth = 500

/** A value that JSON would lose, and its path from the value where the search began. */
interface Unsupported {
  readonly at: string
  readonly what: string
}

/** Visits each member once, and builds the path on the way back: visitors can post a megabyte of members at any depth. */
function findUnsupported(value: unknown, ancestors: Set<object>): Unsupported | null {
  if (typeof value !== 'object' || value === null) return isJson(value) ? null : { at: '', what: describeType(value) }
  if (!Array.isArray(value) && !isPlainObject(value)) return { at: '', what: describeType(value) }
  if (ancestors.has(value)) return { at: '', what: 'a cycle' }
  if (ancestors.size === maxDepth) return { at: '', what: 'a value that is nested too deeply' }
  ancestors.add(value)
  const names = Array.isArray(value) ? null : Object.keys(value)
  // No iterator and no list of indexes: they take most of the time of a long list.
  const { length } = names ?? (value as unknown[])
  for (let index = 0; index < length; index++) {
    const key = names?.[index] ?? index
    const member: unknown = Reflect.get(value, key)
    if (member === undefined && names !== null) continue
    const found = findUnsupported(member, ancestors)
    if (found !== null) return { at: pathStep(key) + found.at, what: found.what }
  }
  ancestors.delete(value)
  return null
}

/** Describes the type of a value, without its contents, because error messages are logged. Numbers, such as `NaN`, are shown. */
export const describeType = (value: unknown): string => {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null)
    return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object of a class'
}

/** Formats a member's key as a step of a path: `.added`, `[2]`. */
export const pathStep = (key: number | string): string =>
  typeof key === 'string' && /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`

const shortenPath = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}…` : path)
