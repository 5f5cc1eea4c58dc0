import type { CommitResult } from '../../request/commit.ts'

/** The headers of a response, whichever way its host keeps them. */
export interface HeaderAccess<Response> {
  get(response: Response, name: string): string | null
  set(response: Response, name: string, value: string): void
  append(response: Response, name: string, value: string): void
}

/** Those of the Fetch API. */
export const fetchHeaders: HeaderAccess<Headers> = {
  get: (headers, name) => headers.get(name),
  set: (headers, name, value) => headers.set(name, value),
  append: (headers, name, value) => headers.append(name, value),
}

/**
 * Puts what was committed on a response: appends each `Set-Cookie`, merges `Vary`, and lets `Cache-Control` replace the
 * response's own, so that no cache keeps what one visitor saw.
 */
export function applyHeaders<Response>(
  headers: HeaderAccess<Response>,
  response: Response,
  { cookies, isPrivate }: CommitResult,
): void {
  for (const cookie of cookies) headers.append(response, 'Set-Cookie', cookie)
  if (!isPrivate) return
  headers.set(response, 'Vary', mergeVary(headers.get(response, 'Vary')))
  headers.set(response, 'Cache-Control', 'no-store')
}

// `*` already says more than any name (RFC 9110 section 12.5.5).
function mergeVary(current: string | null): string {
  if (current === null || current.trim() === '') return 'Cookie'
  const names = current.split(',').map((each) => each.trim().toLowerCase())
  return names.includes('*') || names.includes('cookie') ? current : `${current}, Cookie`
}
