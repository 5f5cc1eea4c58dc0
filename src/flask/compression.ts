import { deflateSync, inflateSync } from 'node:zlib'
import { decodeBase64url } from './base64url.ts'

/**
 * The largest session in a cookie, in bytes before compression: 128 KB. Flask has no limit, and a cookie of 4 KB can become
 * 4 MB there, with each request. Ordinary text in a cookie inflates to about 80 KB at most.
 */
export const maxInflatedBytes = 128 * 1024

/** Encodes a text as Flask does: base64url or, if that is shorter, a dot and the base64url of zlib's output (RFC 1950). */
export function compress(text: string): string {
  const bytes = Buffer.from(text)
  const compressed = deflateSync(bytes)
  if (compressed.length >= bytes.length - 1) return bytes.toString('base64url')
  return `.${compressed.toString('base64url')}`
}

/** Decodes a payload. Returns `null` if Flask could not read it, or if its text has over 128 KB. */
export function decompress(payload: string): string | null {
  const compressed = payload.startsWith('.')
  const bytes = decodeBase64url(compressed ? payload.slice(1) : payload)
  if (bytes === null) return null
  try {
    return decoder.decode(compressed ? inflateSync(bytes, { maxOutputLength: maxInflatedBytes }) : bytes)
  } catch {
    return null
  }
}

// Keeps a byte order mark, so that the JSON parser rejects it, as Python's does.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
