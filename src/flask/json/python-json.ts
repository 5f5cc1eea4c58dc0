// How Flask spells JSON: Python's json.dumps with sort_keys, ensure_ascii and no spaces.

/** A text in quotes, all but printable ASCII escaped, in lower case. */
export function quoteText(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A number as the application made it: a whole one as Python's int, any other as its float. */
export function formatNumber(value: number): string {
  // Above 2^53 a number no longer tells which integer it was.
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : formatFloat(value)
}

/** A number as Python's `repr` spells a float: `1.0`, `1e+16`, `1e-05`, `NaN`. The digits are those of JavaScript. */
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

/** The keys that mark what JSON has no form for: an object with one of them as its only key. */
export const tagNames: ReadonlySet<string> = new Set([' di', ' t', ' b', ' m', ' u', ' d'])

/** A tagged value, given the tag and the JSON of what it holds. */
export const formatTagged = (tag: string, text: string): string => `{"${tag}":${text}}`

/** A dict of texts, in this order; keys that have a name stand as that. One that would be taken for a tagged value is escaped. */
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
 * Keys in the order in which they are written: sorted, as Flask sorts them. Where those that `came` were not sorted, the
 * application has told Flask not to: then they keep their places, and new ones go behind.
 */
export function orderKeys(keys: readonly string[], originalKeys: readonly string[]): string[] {
  if (originalKeys.every((key, index) => index === 0 || compareCodePoints(originalKeys[index - 1]!, key) < 0))
    return keys.toSorted(compareCodePoints)
  const remaining = new Set(keys)
  const kept = originalKeys.filter((key) => remaining.delete(key))
  return [...kept, ...remaining]
}

/** Compares as Python does. JavaScript sorts by UTF-16 units, which puts U+1F600 before U+FFFF. */
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
