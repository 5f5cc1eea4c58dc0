import { isPlainObject } from '../../core/codec.ts'
import { isTuple } from '../python-types.ts'
import type { JsonNode } from './ast.ts'
import { compareCodePoints, escapeNonAscii, quoteText, tagNames } from './python-json.ts'

// Most values have a form in JSON, and Flask writes them as the engine's own JSON does. The engine is many times faster than our
// parser, also with text that is repeated so often that a cookie of 300 bytes holds 100 KB of it.

/** Deeper values are left to our own writer, which knows Flask's limit. */
const maxPlainDepth = 400

/** Texts in which the engine's JSON and Python's may differ: tags, large integers and exponents. `formatPlainJson` finds them by their values. */
const unusualPattern = /\{" (?:di|[tbmud])":|\d{16}|\d[eE][-+]?\d/

/** Parses a text that the engine's JSON reads and writes as Flask does; `undefined` for any other text. */
export function parsePlainJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return formatPlainJson(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Returns what Flask would write for a value; `null` if the engine's JSON may give something else.
 *
 * @param sourceOf returns the source of an object that was read and may have to be written exactly like it
 */
export function formatPlainJson(
  value: unknown,
  sourceOf: { get(object: object): JsonNode | undefined } = noSources,
): string | null {
  return isPlain(value, 1) ? quoteValue(value) : null

  function isPlain(value: unknown, depth: number): boolean {
    if (typeof value !== 'object') return isPlainPrimitive(value)
    if (value === null) return true
    if (depth > maxPlainDepth || sourceOf.get(value) !== undefined) return false
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) if (!isPlain(value[index], depth + 1)) return false
      return !isTuple(value)
    }
    if (!isPlainObject(value)) return false
    let previous: string | null = null
    for (const key of Object.keys(value)) {
      if (tagNames.has(key) || (previous !== null && compareCodePoints(previous, key) >= 0)) return false
      const member: unknown = Reflect.get(value, key)
      if (member !== undefined && !isPlain(member, depth + 1)) return false
      previous = key
    }
    return true
  }
}

/** The key of a member, its source with quotes and escapes, and the source of its value. */
export type MemberSource = readonly [key: string, name: string, text: string]

/** Splits a dict's JSON into its members, if Flask would write it exactly so; otherwise returns `null`. */
export function splitPlainJson(json: string): MemberSource[] | null {
  if (unusualPattern.test(json) || !isShallow(json)) return null
  try {
    const dict: unknown = JSON.parse(json)
    if (!isPlainObject(dict)) return null
    const members = Object.entries(dict).map(([key, value]) => [key, quoteText(key), quoteValue(value)] as const)
    return `{${members.map(([, name, text]) => `${name}:${text}`).join(',')}}` === json ? members : null
  } catch {
    return null
  }
}

const noSources = { get: () => undefined }

const quoteValue = (value: unknown): string => escapeNonAscii(JSON.stringify(value))

/** Whole numbers beyond 2^53, negative zero and numbers that need an exponent are written differently by Python. */
function isPlainPrimitive(value: unknown): boolean {
  if (typeof value !== 'number') return typeof value === 'string' || typeof value === 'boolean'
  if (Number.isInteger(value)) return Number.isSafeInteger(value) && !Object.is(value, -0)
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e15
}

/** Whether a text cannot be nested more deeply than our own parser accepts. Brackets in texts are counted too. */
export function isShallow(json: string): boolean {
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === openBracket || code === openBrace) depth++
    else if (code === closeBracket || code === closeBrace) depth--
    if (depth > maxPlainDepth) return false
  }
  return true
}

const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]
