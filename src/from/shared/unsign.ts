import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../util/constant-time-equal.ts'

/** How a library writes a signature as text. */
export interface SignatureStyle {
  /** The hash of the HMAC. @default 'sha256' */
  readonly algorithm?: string | undefined
  /** @default base64 without padding, as the package `cookie-signature` */
  readonly encode?: ((hmac: Buffer) => string) | undefined
}

/**
 * Returns the text before the last dot, if the rest is its signature by one of the secrets; otherwise `null`. Signatures are
 * compared in constant time.
 */
export function unsign(signed: string, secrets: readonly Uint8Array[], style: SignatureStyle = {}): string | null {
  const dot = signed.lastIndexOf('.')
  if (dot === -1) return null
  const text = signed.slice(0, dot)
  return isSigned(text, signed.slice(dot + 1), secrets, style) ? text : null
}

/** Whether a signature of a text is by one of the secrets. Compares in constant time. */
export function isSigned(
  text: string,
  signature: string,
  secrets: readonly Uint8Array[],
  { algorithm = 'sha256', encode = encodeUnpadded }: SignatureStyle = {},
): boolean {
  return secrets.some((secret) =>
    constantTimeEqual(signature, encode(createHmac(algorithm, secret).update(text).digest())),
  )
}

const encodeUnpadded = (hmac: Buffer): string => hmac.toString('base64').replace(/=+$/, '')
