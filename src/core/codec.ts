import { SojournError } from './errors.ts'

/** How a value of the data becomes text and back. `parse(stringify(x))` equals `x`, and equal values give equal texts. */
export interface Codec {
  /** Throws when the text is none of ours. */
  parse(text: string): unknown
  /**
   * Throws `ERR_DATA` naming the path, such as `cart[2].added`, for what the format cannot carry. `path` names `value` itself.
   * `came` is the text in whose place the value stands, for formats with more than one text for a value: an equal value
   * gives that one.
   */
  stringify(value: unknown, path: string, original?: string): string
}

/**
 * JSON (RFC 8259) that refuses what it cannot carry: a `Date`, a `Map`, `NaN`, a function, `undefined` in a list. A member
 * that is `undefined` is a member left out, `-0` is 0, and what is no value of a list or an object, such as a symbol's, does not count.
 */
export const jsonCodec: Codec = {
  parse: JSON.parse,

  stringify(value, path) {
    let text: string | undefined
    try {
      text = JSON.stringify(value)
      if (isJson(value)) return text
    } catch {
      // a cycle, a bigint, or too deep: found below, with its path
    }
    const { at, what } = findUnsupported(value, path, []) ?? { at: path, what: 'what is nested too deeply' }
    throw unsupportedValue(at, what, 'JSON', 'text, numbers, booleans, null, lists and plain objects of these')
  },
}

/** The error for a value that has no text, with the path to it and what can be kept instead. */
export function unsupportedValue(path: string, what: string, carrier: string, instead: string): SojournError {
  return new SojournError(
    'ERR_DATA',
    `session.data.${shortenPath(path)} holds ${what}, which ${carrier} cannot carry. Keep ${instead}.`,
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

/** Whether a value is an object of no class, such as `{}`. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

interface Unsupported {
  at: string
  what: string
}

function findUnsupported(value: unknown, at: string, ancestors: readonly object[]): Unsupported | null {
  if (typeof value !== 'object' || value === null) return isJson(value) ? null : { at, what: describeType(value) }
  if (!Array.isArray(value) && !isPlainObject(value)) return { at, what: describeType(value) }
  if (ancestors.includes(value)) return { at, what: 'a cycle' }
  if (ancestors.length === 500) return { at, what: 'what is nested too deeply' }
  const keys: (number | string)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  for (const key of keys) {
    const member: unknown = Reflect.get(value, key)
    if (member === undefined && typeof key === 'string') continue
    const unsupported = findUnsupported(member, at + pathStep(key), [...ancestors, value])
    if (unsupported !== null) return unsupported
  }
  return null
}

/** What a value is, in words that tell nothing of what it holds. */
export const describeType = (value: unknown): string => {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null)
    return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object of a class'
}

/** A member's key as a step of a path: `.added`, `[2]`. */
export const pathStep = (key: number | string): string =>
  typeof key === 'string' && /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`

const shortenPath = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}…` : path)
