// Writes JSON as Flask does: Python's json.dumps with sort_keys, ensure_ascii and no spaces.

/** Quotes a text. Characters outside printable ASCII are escaped, with digits in lower case. */
export const quoteText = (text: string): string => escapeNonAscii(JSON.stringify(text))

/** Escapes all characters of a JSON text outside printable ASCII. They can only be inside of texts. */
export function escapeNonAscii(json: string): string {
  return json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Formats an application's number: a whole number as Python's int, any other as a float. */
export function formatNumber(value: number): string {
  // Above 2^53, a number may stand for several integers.
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : formatFloat(value)
}

/** Formats a float as Python's `repr` does: `1.0`, `1e+16`, `1e-05`, `NaN`. JavaScript and Python choose the same digits. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [digits, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${power[0]}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}

/** Flask's tags: an object with one of them as its only key is a value that JSON has no form for. */
export const tagNames: ReadonlySet<string> = new Set([' di', ' t', ' b', ' m', ' u', ' d'])

/** Formats a tagged value from its tag and the JSON of its content. */
export const formatTagged = (tag: string, text: string): string => `{"${tag}":${text}}`

/**
 * Formats a dict in the given order. `name` is a key's source text, if it has one. A dict that looks like a tagged value is
 * escaped with the tag ` di`.
 */
export function formatDict(
  entries: readonly (readonly [key: string, text: string, name?: string | undefined])[],
): string {
  const [first] = entries
  if (first !== undefined && entries.length === 1 && tagNames.has(first[0])) {
    return formatTagged(' di', `{${quoteText(`${first[0]}__`)}:${first[1]}}`)
  }
  return `{${entries.map(([key, text, name]) => `${name ?? quoteText(key)}:${text}`).join(',')}}`
}

/**
 * Orders keys for writing: sorted, as Flask does by default. If the original keys were not sorted, the application has turned
 * sorting off: then they keep their order, and new keys follow.
 */
export function orderKeys(keys: readonly string[], originalKeys: readonly string[]): string[] {
  if (originalKeys.every((key, index) => index === 0 || compareCodePoints(originalKeys[index - 1]!, key) < 0))
    return keys.toSorted(compareCodePoints)
  const remaining = new Set(keys)
  const originals = originalKeys.filter((key) => remaining.delete(key))
  return [...originals, ...remaining]
}

/** Compares by code point, as Python does. JavaScript compares UTF-16 units, which puts U+1F600 before U+FFFF. */
export function compareCodePoints(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let at = 0; at < length;) {
    const point = one.codePointAt(at)!
    const difference = point - other.codePointAt(at)!
    if (difference !== 0) return difference
    at += point > 0xffff ? 2 : 1
  }
  return one.length - other.length
}
