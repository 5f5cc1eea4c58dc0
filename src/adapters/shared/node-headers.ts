import {
  validateHeaderName,
  validateHeaderValue,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import { isUnshared, type HeaderAccess } from './apply-headers.ts'
import type { ConnectionInfo } from './cookie-warning.ts'

/** The methods of a response that send its headers if they are called first. */
export type ResponseMethod = 'writeHead' | 'write' | 'end' | 'flushHeaders'

/** Whether Node would throw for this call. Then no commit must start, because no header leaves. */
export function nodeWouldThrow(response: ServerResponse, name: ResponseMethod, values: readonly unknown[]): boolean {
  const [first, reason, last] = values
  // An HTTP/2 response has no status message, and Node warns if it is read.
  const message =
    typeof reason === 'string' ? reason : Object.hasOwn(response, 'statusMessage') && response.statusMessage
  if (message && /[^\t\x20-\x7e\x80-\xff]/.test(message)) return true
  if (name === 'writeHead') return !(Number(first) >= 100 && Number(first) <= 999) || hasInvalidHeaders(last ?? reason)
  if (name === 'flushHeaders' || typeof first === 'string' || first instanceof Uint8Array) return false
  return name === 'write' || (Boolean(first) && typeof first !== 'function')
}

/** Reads how a Node request arrived. */
export function connectionInfoOf({ socket, headers }: IncomingMessage): ConnectionInfo {
  return { https: (socket as { encrypted?: unknown }).encrypted === true, header: (name) => headers[name]?.toString() }
}

/** Headers of a Node response. */
export const nodeHeaders: HeaderAccess<ServerResponse> = {
  get(response, name) {
    const value = response.getHeader(name)
    return value === undefined ? null : [value].flat().join(', ')
  },
  set: (response, name, value) => void response.setHeader(name, value),
  names: (response) => response.getHeaderNames(),
  remove: (response, name) => response.removeHeader(name),
  append(response, name, value) {
    const current = response.getHeader(name)
    if (current === undefined) response.setHeader(name, value)
    // The value is present already if a first attempt to send these headers failed. `setHeader` with a new array, because
    // `appendHeader` changes the array that the handler passed, which several responses may share.
    else if (![current].flat().includes(value)) response.setHeader(name, [current, value].flat().map(String))
  },
}

const entityHeaderPattern =
  /^(accept-ranges|content-(?!security)|etag|last-modified|location|refresh|trailer|transfer-encoding)/i

/** Removes the headers that describe a discarded response, because another response replaces it. */
export function removeEntityHeaders(response: { getHeaders(): object; removeHeader(name: string): unknown }): void {
  for (const name of Object.keys(response.getHeaders())) if (entityHeaderPattern.test(name)) response.removeHeader(name)
}

function hasInvalidHeaders(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false
  try {
    for (const [name, value] of headerPairs(headers as OutgoingHttpHeaders)) {
      validateHeaderName(name)
      for (const each of [value].flat()) validateHeaderValue(name, each as string)
    }
    return false
  } catch {
    return true
  }
}

/** Moves the headers passed to `writeHead` to the response, so that ours can be merged. Returns the remaining arguments. */
export function mergeWriteHead(response: ServerResponse, values: readonly unknown[]): unknown[] {
  if (values.length === 1) return [...values]
  const [status, reason] = values
  const pairs = writeHeadPairs(values)
  // Headers passed to `writeHead` replace earlier ones. One name may occur several times, as Set-Cookie does.
  for (const [name] of pairs) response.removeHeader(name)
  for (const [name, value] of pairs) {
    const current = response.getHeader(name)
    response.setHeader(name, current === undefined ? value : ([current, value].flat() as string[]))
  }
  return typeof reason === 'string' ? [status, reason] : [status]
}

/** As `mergeWriteHead`, and makes the status 503. */
export function mergeUnavailableHead(response: ServerResponse, values: readonly unknown[]): unknown[] {
  mergeWriteHead(response, values)
  // An HTTP/2 response has no status message, and Node warns if it is set.
  if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = ''
  response.setHeader('Retry-After', '1')
  return [503]
}

/** Whether shared caches must not store this response, which starts with `writeHead(...values)`, or with another call. */
export function isUnsharedStart(response: ServerResponse, values: readonly unknown[]): boolean {
  if (values.length < 2 && !response.hasHeader('Cache-Control')) return false
  return isUnshared([...Object.entries(response.getHeaders()), ...writeHeadPairs(values)])
}

function writeHeadPairs([, reason, last]: readonly unknown[]): HeaderPair[] {
  const headers = (typeof reason === 'string' ? last : (last ?? reason)) as Parameters<typeof headerPairs>[0] | null
  return headerPairs(headers ?? {})
}

type HeaderPair = readonly [name: string, value: OutgoingHttpHeader]

function headerPairs(headers: OutgoingHttpHeaders | readonly (OutgoingHttpHeader | HeaderPair)[]): HeaderPair[] {
  if (!Array.isArray(headers)) return Object.entries(headers) as [string, OutgoingHttpHeader][]
  if (Array.isArray(headers[0])) return headers as HeaderPair[]
  const pairs: HeaderPair[] = []
  for (let at = 0; at < headers.length; at += 2)
    pairs.push([String(headers[at]), headers[at + 1] as OutgoingHttpHeader])
  return pairs
}
