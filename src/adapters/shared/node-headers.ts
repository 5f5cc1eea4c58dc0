import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { HeadersOf } from './apply-headers.ts'
import type { Arrival } from './cookie-warning.ts'

/** What sends the headers of a response, when it is the first to be called. */
export type Sender = 'writeHead' | 'write' | 'end' | 'flushHeaders'

/** Whether Node throws for such a call, so that nothing begins by it. */
export function isRefused(response: ServerResponse, name: Sender, values: readonly unknown[]): boolean {
  const [first, reason, last] = values
  // Not on a response of HTTP/2, which has none and warns about it.
  const message =
    typeof reason === 'string' ? reason : Object.hasOwn(response, 'statusMessage') && response.statusMessage
  if (message && /[^\t\x20-\x7e\x80-\xff]/.test(message)) return true
  if (name === 'writeHead') return !(Number(first) >= 100 && Number(first) <= 999) || areInvalid(last ?? reason)
  if (name === 'flushHeaders' || typeof first === 'string' || first instanceof Uint8Array) return false
  return name === 'write' || (Boolean(first) && typeof first !== 'function')
}

/** How a request of Node arrived; Express knows whether a proxy that it trusts says https. */
export function arrivalOf(request: IncomingMessage & { readonly secure?: unknown }): Arrival {
  const https = request.secure === true || (request.socket as { encrypted?: unknown }).encrypted === true
  return { https, header: (name) => request.headers[name]?.toString() }
}

/** The headers of a Node response. */
export const nodeHeaders: HeadersOf<ServerResponse> = {
  get(response, name) {
    const value = response.getHeader(name)
    return value === undefined ? null : [value].flat().join(', ')
  },
  set: (response, name, value) => void response.setHeader(name, value),
  append(response, name, value) {
    const present = response.getHeader(name)
    if (present === undefined) response.setHeader(name, value)
    // It is there where the first attempt to send these headers failed. Set and not appended, since Node appends to the
    // very array that it was given, which may be one for everybody.
    else if (![present].flat().includes(value)) response.setHeader(name, [present, value].flat().map(String))
  },
}

const describing =
  /^(accept-ranges|content-(?!security)|etag|last-modified|location|refresh|trailer|transfer-encoding)/i

/** Takes away what described an answer that is not sent, since another one takes its place. */
export function removeDescription(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) if (describing.test(name)) response.removeHeader(name)
}

function areInvalid(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false
  try {
    for (const [name, value] of pairsOf(headers as OutgoingHttpHeaders)) {
      validateHeaderName(name)
      for (const each of [value].flat()) validateHeaderValue(name, each as string)
    }
    return false
  } catch {
    return true
  }
}

/** Puts the headers that `writeHead` was given on the response, where others are merged with them; returns what it is still to be given. */
export function takeHeaders(response: ServerResponse, values: readonly unknown[]): unknown[] {
  const [status, reason, last] = values
  const headers = (typeof reason === 'string' ? last : (last ?? reason)) as
    | OutgoingHttpHeaders
    | readonly OutgoingHttpHeader[]
    | readonly (readonly [string, OutgoingHttpHeader])[]
    | null
    | undefined
  const pairs = pairsOf(headers ?? {})
  // What is given here replaces what was set before, and may have one name several times.
  for (const [name] of pairs) response.removeHeader(name)
  for (const [name, value] of pairs) {
    const present = response.getHeader(name)
    response.setHeader(name, present === undefined ? value : ([present, value].flat() as string[]))
  }
  return typeof reason === 'string' ? [status, reason] : [status]
}

type Pair = readonly [name: string, value: OutgoingHttpHeader]

function pairsOf(headers: OutgoingHttpHeaders | readonly (OutgoingHttpHeader | Pair)[]): Pair[] {
  if (!Array.isArray(headers)) return Object.entries(headers) as [string, OutgoingHttpHeader][]
  if (Array.isArray(headers[0])) return headers as Pair[]
  const pairs: Pair[] = []
  for (let at = 0; at < headers.length; at += 2)
    pairs.push([String(headers[at]), headers[at + 1] as OutgoingHttpHeader])
  return pairs
}
