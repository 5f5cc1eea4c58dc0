import type { Codec } from '../../core/codec.ts'
import { putText, type Texts } from '../../core/texts.ts'

/** Texts of another codec as JSON: what JSON has no form for as what is nearest to it. */
export function toJsonTexts(texts: Texts, codec: Codec): Texts {
  const made: Record<string, string> = {}
  for (const key of Object.keys(texts)) putText(made, key, toJson(codec.parse(texts[key]!)))
  return made
}

// A function, a symbol or undefined would give no text; no codec reads any.
const toJson = (value: unknown): string => JSON.stringify(value, replaceValue) ?? 'null'

/** Python's types that are left when dates, UUIDs and Markup have become texts by themselves. */
function replaceValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (!(value instanceof Map)) return value
  // As Python's own JSON has it: a number is a key as its text.
  return Object.fromEntries([...value].filter(([key]) => !isObject(key)).map(([key, member]) => [String(key), member]))
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
