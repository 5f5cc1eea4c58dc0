import type { CommitResult } from '../../request/commit.ts'

/** Reads and writes a response's headers, for each kind of response. */
export interface HeaderAccess<Response> {
  get(response: Response, name: string): string | null
  set(response: Response, name: string, value: string): void
  append(response: Response, name: string, value: string): void
  /** Their names in lower case. */
  names(response: Response): Iterable<string>
  remove(response: Response, name: string): void
}

/** Headers of the Fetch API. */
export const fetchHeaders: HeaderAccess<Headers> = {
  get: (headers, name) => headers.get(name),
  set: (headers, name, value) => headers.set(name, value),
  append: (headers, name, value) => headers.append(name, value),
  names: (headers) => [...headers.keys()],
  remove: (headers, name) => headers.delete(name),
}

const cacheHeaders = new Set(['expires', 'surrogate-control', 'edge-control', 'x-accel-expires'])

/** Whether some caches obey this header instead of `Cache-Control`: `CDN-Cache-Control` and its like (RFC 9213), and older ones. */
const isCacheHeader = (lowerCaseName: string): boolean =>
  cacheHeaders.has(lowerCaseName) || lowerCaseName.endsWith('-cache-control')

/**
 * Adds the commit's headers to a response. If it is private, replaces `Cache-Control` and removes the headers that caches
 * prefer to it, so that no cache stores one visitor's page.
 */
export function applyHeaders<Response>(
  headers: HeaderAccess<Response>,
  response: Response,
  { cookies, isPrivate }: CommitResult,
): void {
  for (const cookie of cookies) headers.append(response, 'Set-Cookie', cookie)
  if (!isPrivate) return
  for (const name of headers.names(response)) if (isCacheHeader(name)) headers.remove(response, name)
  headers.set(response, 'Vary', mergeVary(headers.get(response, 'Vary')))
  headers.set(response, 'Cache-Control', 'no-store')
}

/**
 * Whether shared caches must not store a response with these headers (RFC 9111 section 5.2.2). Of two values with one name,
 * the last counts.
 */
export function isUnshared(headers: Iterable<readonly [name: string, value: unknown]>): boolean {
  let cacheControl = ''
  for (const [name, value] of headers) {
    const lowerCaseName = name.toLowerCase()
    if (isCacheHeader(lowerCaseName)) return false
    if (lowerCaseName === 'cache-control') cacheControl = String(value)
  }
  return /(?:^|[\s,])(?:no-store|private)(?:[\s,]|$)/i.test(cacheControl)
}

// `*` includes every name (RFC 9110 section 12.5.5).
function mergeVary(current: string | null): string {
  if (current === null || current.trim() === '') return 'Cookie'
  const names = current.split(',').map((each) => each.trim().toLowerCase())
  return names.includes('*') || names.includes('cookie') ? current : `${current}, Cookie`
}
