import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { constantTimeEqual } from '../../util/constant-time-equal.ts'
import { parseJsonObject } from './json-object.ts'

/** How Django's session backends sign. */
interface DjangoBackend {
  readonly salt: string
  /** The longest JSON after decompression. Longer ones are refused. */
  readonly maxInflatedBytes: number
}

export const djangoBackends = {
  // Ordinary text in a cookie of 4 KB inflates to about 80 KB at most. A guest can send the same cookie any number of times.
  cookie: { salt: 'django.contrib.sessions.backends.signed_cookies', maxInflatedBytes: 128 * 1024 },
  database: { salt: 'django.contrib.sessions.SessionStore', maxInflatedBytes: 1024 * 1024 },
}

/** The contents of a value that Django signed. */
export interface DjangoSigned {
  readonly data: Readonly<Record<string, unknown>>
  /** When Django signed it, in epoch milliseconds, in whole seconds. */
  readonly writtenAt: number
}

/** Reads values that `django.core.signing` has signed. */
export interface DjangoReader {
  /** Returns the contents of a value, or `null` for one that was forged, or is not an object in JSON. */
  read(value: string): DjangoSigned | null
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export function createDjangoReader(
  secrets: readonly Uint8Array[],
  { salt, maxInflatedBytes }: DjangoBackend,
): DjangoReader {
  const keys = secrets.map((secret) =>
    createSecretKey(createHash('sha256').update(`${salt}signer`).update(secret).digest()),
  )
  return {
    read(value) {
      const match = /^(?<payload>\.?[\w-]+):(?<time>[\dA-Za-z]{1,8}):(?<signature>[\w-]{43})$/.exec(value)
      if (match === null) return null
      const { payload, time, signature } = match.groups as { payload: string; time: string; signature: string }
      if (!keys.some((key) => constantTimeEqual(sign(`${payload}:${time}`, key), signature))) return null
      const text = decompress(payload, maxInflatedBytes)
      const data = text === null ? null : parseJsonObject(text)
      return data === null ? null : { data, writtenAt: readBase62(time) * 1000 }
    },
  }
}

const sign = (text: string, key: KeyObject): string => createHmac('sha256', key).update(text).digest('base64url')

/** Decodes a payload. A dot in front says that zlib compressed it. */
function decompress(payload: string, maxInflatedBytes: number): string | null {
  if (!payload.startsWith('.')) return Buffer.from(payload, 'base64url').toString()
  try {
    return inflateSync(Buffer.from(payload.slice(1), 'base64url'), { maxOutputLength: maxInflatedBytes }).toString()
  } catch {
    return null
  }
}

const readBase62 = (text: string): number => [...text].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
