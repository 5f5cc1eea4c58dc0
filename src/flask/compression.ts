import { deflateSync, inflateSync } from 'node:zlib'
import { decodeBase64url } from './base64url.ts'

// Of text that a cookie of 4 KB can hold, zlib makes some 80 KB; 1 MB leaves honest sessions room, and is read in
// milliseconds. Flask has no limit: there a cookie of 8 KB becomes 8 MB.
const maxInflatedBytes = 1024 * 1024

/** A text as Flask packs it: base64url, of zlib's output (RFC 1950) and marked with a dot where that is shorter. */
export function compress(text: string): string {
  const bytes = Buffer.from(text)
  const compressed = deflateSync(bytes)
  if (compressed.length >= bytes.length - 1) return bytes.toString('base64url')
  return `.${compressed.toString('base64url')}`
}

/** The text of a payload, or `null` for what Flask does not read, and for what is over 1 MB. */
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

// A byte order mark stays in the text, and is refused there as Python refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
