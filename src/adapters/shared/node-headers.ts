import {
  validateHeaderName,
  validateHeaderValue,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import type { HeaderAccess } from './apply-headers.ts'
import type { ConnectionInfo } from './cookie-warning.ts'

/** What sends the headers of a response, when it is the first to be called. */
export type ResponseMethod = 'writeHead' | 'write' | 'end' | 'flushHeaders'

/** Whether Node throws for such a call, so that nothing begins by it. */
export function nodeWouldThrow(response: ServerResponse, name: ResponseMethod, values: readonly unknown[]): boolean {
  const [first, reason, last] = values
  // Not on a response of HTTP/2, which has none and warns about it.
  const message =
    typeof reason === 'string' ? reason : Object.hasOwn(response, 'statusMessage') && response.statusMessage
  if (message && /[^\t\x20-\x7e\x80-\xff]/.test(message)) return true
  if (name === 'writeHead') return !(Number(first) >= 100 && Number(first) <= 999) || hasInvalidHeaders(last ?? reason)
  if (name === 'flushHeaders' || typeof first === 'string' || first instanceof Uint8Array) return false
  return name === 'write' || (Boolean(first) && typeof first !== 'function')
}

/** How a request of Node arrived; Express knows whether a proxy that it trusts says https. */
export function connectionInfoOf(request: IncomingMessage & { readonly secure?: unknown }): ConnectionInfo {
  const https = request.secure === true || (request.socket as { encrypted?: unknown }).encrypted === true
  return { https, header: (name) => request.headers[name]?.toString() }
}

/** The headers of a Node response. */
export const nodeHeaders: HeaderAccess<ServerResponse> = {
  get(response, name) {
    const value = response.getHeader(name)
    return value === undefined ? null : [value].flat().join(', ')
  },
  set: (response, name, value) => void response.setHeader(name, value),
  append(response, name, value) {
    const current = response.getHeader(name)
    if (current === undefined) response.setHeader(name, value)
    // It is there where the first attempt to send these headers failed. Set and not appended, since Node appends to the
    // very array that it was given, which may be one for everybody.
    else if (![current].flat().includes(value)) response.setHeader(name, [current, value].flat().map(String))
  },
}

const entityHeaderPattern =
  /^(accept-ranges|content-(?!security)|etag|last-modified|location|refresh|trailer|transfer-encoding)/i

/** Takes away what described an answer that is not sent, since another one takes its place. */
export function removeEntityHeaders(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) if (entityHeaderPattern.test(name)) response.removeHeader(name)
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

/** Puts the headers that `writeHead` was given on the response, where others are merged with them; returns what it is still to be given. */
export function mergeWriteHead(response: ServerResponse, values: readonly unknown[]): unknown[] {
  const [status, reason, last] = values
  const headers = (typeof reason === 'string' ? last : (last ?? reason)) as
    | OutgoingHttpHeaders
    | readonly OutgoingHttpHeader[]
    | readonly (readonly [string, OutgoingHttpHeader])[]
    | null
    | undefined
  const pairs = headerPairs(headers ?? {})
  // What is given here replaces what was set before, and may have one name several times.
  for (const [name] of pairs) response.removeHeader(name)
  for (const [name, value] of pairs) {
    const current = response.getHeader(name)
    response.setHeader(name, current === undefined ? value : ([current, value].flat() as string[]))
  }
  return typeof reason === 'string' ? [status, reason] : [status]
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
