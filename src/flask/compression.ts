import { deflateSync, inflateSync } from 'node:zlib'
import { decodeBase64url } from './base64url.ts'

/**
 * The largest session in a cookie, in bytes before compression: 128 KB. Flask has no limit, and a cookie of 4 KB can become
 * 4 MB there, with each request. Ordinary text in a cookie inflates to about 80 KB at most.
 */
export const maxInflatedBytes = 128 * 1024

/** A shorter text seldom becomes much shorter, and compressing it takes longer than all else that a request does with its session. */
const minCompressedBytes = 128

/**
 * Encodes a text as Flask does: base64url or, if that is shorter, a dot and the base64url of zlib's output (RFC 1950). Flask
 * also compresses short texts that repeat themselves.
 */
export function compress(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length < minCompressedBytes) return bytes.toString('base64url')
  const compressed = deflate(bytes)
  if (compressed.length >= bytes.length - 1) return bytes.toString('base64url')
  return `.${compressed.toString('base64url')}`
}

/**
 * Compresses as zlib does by default. The window only has room for these bytes, because to allocate the usual 256 KB takes longer
 * than to compress 1 KB. The output is the same, after the header is set to what it says of the usual window.
 */
function deflate(bytes: Buffer): Buffer {
  // zlib never uses the last 262 bytes of its window.
  const windowBits = Math.min(15, Math.max(9, Math.ceil(Math.log2(bytes.length + 262))))
  const compressed = deflateSync(bytes, { windowBits, memLevel: Math.min(8, windowBits - 6), chunkSize: 4096 })
  compressed.writeUInt16BE(0x789c)
  return compressed
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
