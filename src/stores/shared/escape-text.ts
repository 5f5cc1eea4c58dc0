// For servers that take UTF-8: half a surrogate pair has no spelling there, and some take no NUL in a text. JSON has neither,
// so that data reads as it is.

// oxlint-disable-next-line no-control-regex
const unsafePattern = /[\0\x1a]|\p{Cs}/u

/** A text as any server keeps it: half a surrogate pair, and NUL, as U+001A and four hexadecimal digits. */
export function escapeText(text: string): string {
  if (!unsafePattern.test(text)) return text
  return text.replaceAll(
    new RegExp(unsafePattern, 'gu'),
    (unit) => `\x1a${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The text that was spelled so. */
export function unescapeText(text: string): string {
  if (!text.includes('\x1a')) return text
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\x1a(.{4})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
