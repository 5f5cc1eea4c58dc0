/** Decodes a cookie's value as the package cookie does: without quotes, and percent-decoded if that is possible. */
export function decodeCookieValue(value: string): string {
  const text = value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value
  try {
    return text.includes('%') ? decodeURIComponent(text) : text
  } catch {
    return text
  }
}
