import type { Codec } from '../../core/codec.ts'
import { putText, type Texts } from '../../core/texts.ts'

/** Converts texts of another codec to JSON. A value without a JSON form becomes the nearest value that has one. */
export function toJsonTexts(texts: Texts, codec: Codec): Texts {
  const result: Record<string, string> = {}
  for (const key of Object.keys(texts)) putText(result, key, toJson(codec.parse(texts[key]!)))
  return result
}

// JSON.stringify returns undefined for a function, a symbol or undefined, which no codec returns.
const toJson = (value: unknown): string => JSON.stringify(value, replaceValue) ?? 'null'

/** Converts the Python types that have no `toJSON`; dates, UUIDs and Markup have one. */
function replaceValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (!(value instanceof Map)) return value
  // Python's json module also writes a number in a key as text.
  return Object.fromEntries([...value].filter(([key]) => !isObject(key)).map(([key, member]) => [String(key), member]))
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
