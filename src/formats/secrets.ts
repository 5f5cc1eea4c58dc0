import crypto, { createSecretKey, type KeyObject } from 'node:crypto'
import { readList, type Env } from '../core/env-values.ts'
import { optionsError, SojournError } from '../core/errors.ts'

/** A secret of at least 32 bytes: bytes, or text that is used as UTF-8, so hex or base64 is not decoded. Create one with `npx sojourn key`. */
export type Secret = string | Uint8Array

/** Advice at the end of error messages. @internal */
export const howToCreateSecret =
  'Create one: npx sojourn key --write .env, and start with: node --env-file=.env server.mjs (or load it as your application does)'

/**
 * Checks secrets, newest first, and returns them as bytes.
 *
 * @throws `ERR_SECRET_MISSING` for an empty list, and for a missing or empty entry; `ERR_SECRET_WEAK` for a secret under 32
 * bytes and, in production, for a secret from examples; `ERR_OPTIONS` for a secret that is listed twice
 */
export function readSecrets(secrets: readonly (Secret | undefined)[], isProduction: boolean): readonly Uint8Array[] {
  if (!Array.isArray(secrets))
    throw optionsError('secrets must be a list, newest first: secrets: [process.env.SECRET_KEY]')
  if (secrets.length === 0) throw new SojournError('ERR_SECRET_MISSING', `secrets is empty. ${howToCreateSecret}`)
  const checkedSecrets = secrets.map((secret, position) => checkSecret(secret, position, isProduction))
  checkedSecrets.forEach((secret, position) => {
    const first = checkedSecrets.findIndex((other) => Buffer.compare(other, secret) === 0)
    if (first === position) return
    throw optionsError(`${describeSecret(first)} and ${describeSecret(position)} are equal. Remove the second.`)
  })
  return checkedSecrets
}

/** Converts a secret to bytes, without a check of its strength. @throws `ERR_SECRET_MISSING`; `ERR_OPTIONS` if it is neither text nor bytes */
export function toSecretBytes(secret: Secret | undefined, position: number): Uint8Array {
  if (secret === undefined || secret === null || secret === '' || secret.length === 0) {
    throw new SojournError('ERR_SECRET_MISSING', `${describeSecret(position)} is missing. ${howToCreateSecret}`)
  }
  if (typeof secret === 'string' || secret instanceof Uint8Array) return Buffer.from(secret)
  throw optionsError(`${describeSecret(position)} is neither text nor bytes. ${howToCreateSecret}`)
}

/** Reads the secrets from the environment, newest first: `SECRET_KEY`, then `SECRET_KEY_FALLBACKS`. Returns `null` if neither is set. */
export function readSecretsFromEnv(env: Env): readonly string[] | null {
  const fallbacks = readList(env, 'SECRET_KEY_FALLBACKS')
  if (env['SECRET_KEY']) return [env['SECRET_KEY'], ...fallbacks]
  if (fallbacks.length === 0) return null
  throw new SojournError(
    'ERR_SECRET_MISSING',
    `SECRET_KEY_FALLBACKS is set, but SECRET_KEY is not. ${howToCreateSecret}`,
  )
}

/** Derives a key from a secret (HKDF-SHA256, RFC 5869). Each purpose has its own key, so that a value of one purpose is invalid for all others. @internal */
export function deriveKey(secret: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(deriveBytes(secret, purpose, 32))
}

/** Derives bytes for a purpose from a secret. @internal */
export function deriveBytes(secret: Uint8Array, purpose: string, length: number): Buffer {
  return Buffer.from(crypto.hkdfSync('sha256', secret, '', `sojourn ${purpose}`, length))
}

function checkSecret(secret: Secret | undefined, position: number, isProduction: boolean): Uint8Array {
  const bytes = toSecretBytes(secret, position)
  const name = describeSecret(position)
  if (bytes.length < 32) {
    throw new SojournError(
      'ERR_SECRET_WEAK',
      `${name} has ${bytes.length} bytes; use at least 32, or it can be guessed. ${howToCreateSecret}`,
    )
  }
  if (isProduction && (isFromExamples(Buffer.from(bytes).toString()) || isRepetitive(bytes))) {
    throw new SojournError(
      'ERR_SECRET_WEAK',
      `${name} can be guessed or is published in examples; production needs its own. ${howToCreateSecret}`,
    )
  }
  return bytes
}

// Matches placeholders from documentation and templates. A random secret does not match.
const isFromExamples = (secret: string): boolean =>
  /change.?(me|this|it|in.?production)|replace.?(me|this|with)|your.?(own.?|super.?|256.?bit.?)*secret|(super|very|dev|my|some|not.?so).?secret|secret.?key|keyboard.?cat|password.?at.?least|at.?least.?32|do.?not.?use|insecure|example/i.test(
    secret,
  )

/** Whether a secret has fewer than 8 different bytes, or repeats a pattern of up to 16 bytes. */
const isRepetitive = (bytes: Uint8Array): boolean =>
  new Set(bytes).size < 8 ||
  Array.from({ length: 16 }, (_, index) => index + 1).some((period) =>
    bytes.every((byte, index) => index < period || byte === bytes[index - period]),
  )

const describeSecret = (position: number): string =>
  position === 0 ? 'The secret (SECRET_KEY)' : `Secret ${position + 1} (SECRET_KEY_FALLBACKS)`
