/**
 * Puts a commit's headers on a response: appends each `Set-Cookie`, merges `Vary`, and lets `Cache-Control` replace the
 * response's own, so that no cache keeps what one visitor saw.
 */
export function applyHeaders(response: Headers, committed: Headers): void {
  for (const cookie of committed.getSetCookie()) response.append('Set-Cookie', cookie)
  const vary = committed.get('Vary')
  if (vary !== null) response.set('Vary', mergeVary(response.get('Vary'), vary))
  const cacheControl = committed.get('Cache-Control')
  if (cacheControl !== null) response.set('Cache-Control', cacheControl)
}

// `*` already says more than any name (RFC 9110 section 12.5.5).
function mergeVary(present: string | null, name: string): string {
  if (present === null || present.trim() === '') return name
  const names = present.split(',').map((each) => each.trim().toLowerCase())
  return names.includes('*') || names.includes(name.toLowerCase()) ? present : `${present}, ${name}`
}
