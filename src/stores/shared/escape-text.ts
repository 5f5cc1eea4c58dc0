// Servers that take UTF-8 cannot store a lone surrogate, and some refuse NUL in a text. Escape both. JSON texts contain
// neither, so ordinary data stays readable in the database.

// oxlint-disable-next-line no-control-regex
const unsafePattern = /[\0\x1a]|\p{Cs}/u

/**
 * Escapes a text so that any server can store it: NUL, U+001A and lone surrogates become U+001A and four hexadecimal digits.
 *
 * @param pattern which characters to escape instead. It must match U+001A.
 */
export function escapeText(text: string, pattern: RegExp = unsafePattern): string {
  if (!pattern.test(text)) return text
  return text.replaceAll(new RegExp(pattern, 'gu'), (unit) => `\x1a${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Reverses {@link escapeText}. */
export function unescapeText(text: string): string {
  if (!text.includes('\x1a')) return text
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\x1a(.{4})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
