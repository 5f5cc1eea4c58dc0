import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { SojournError } from '../core/errors.ts'

/** At least 32 bytes, as bytes or as text in UTF-8 (not decoded: hex and base64 are text). Make one with `npx sojourn key`. */
export type Secret = string | Uint8Array

/** @internal */
export const howToCreateSecret =
  'Make one: npx sojourn key --write .env, and start with: node --env-file=.env server.mjs (or load it as your application does)'

/**
 * Checks secrets, newest first, and gives them as bytes.
 *
 * @throws `ERR_SECRET_MISSING` for an empty list and for a missing or empty entry; `ERR_SECRET_WEAK` for one under 32 bytes
 * and, in production, for one that stands in examples; `ERR_OPTIONS` for one that is there twice.
 */
export function readSecrets(secrets: readonly (Secret | undefined)[], isProduction: boolean): readonly Uint8Array[] {
  if (!Array.isArray(secrets))
    throw new SojournError('ERR_OPTIONS', `secrets is a list, newest first: secrets: [process.env.SECRET_KEY]`)
  if (secrets.length === 0) throw new SojournError('ERR_SECRET_MISSING', `secrets is empty. ${howToCreateSecret}`)
  const checkedSecrets = secrets.map((secret, position) => checkSecret(secret, position, isProduction))
  checkedSecrets.forEach((secret, position) => {
    const first = checkedSecrets.findIndex((other) => Buffer.compare(other, secret) === 0)
    if (first === position) return
    throw new SojournError(
      'ERR_OPTIONS',
      `${describeSecret(first)} and ${describeSecret(position)} are the same. Remove the second.`,
    )
  })
  return checkedSecrets
}

/** A secret as bytes, whatever it is worth. @throws `ERR_SECRET_MISSING`, `ERR_OPTIONS` */
export function toSecretBytes(secret: Secret | undefined, position: number): Uint8Array {
  if (secret === undefined || secret === null || secret === '' || secret.length === 0) {
    throw new SojournError('ERR_SECRET_MISSING', `${describeSecret(position)} is missing. ${howToCreateSecret}`)
  }
  if (typeof secret === 'string' || secret instanceof Uint8Array) return Buffer.from(secret)
  throw new SojournError('ERR_OPTIONS', `${describeSecret(position)} is neither text nor bytes. ${howToCreateSecret}`)
}

/** The secrets that the environment names, newest first: `SECRET_KEY`, then `SECRET_KEY_FALLBACKS` as a JSON array or separated by commas. `null` where there are none. */
export function readSecretsFromEnv(env: Readonly<Record<string, string | undefined>>): readonly string[] | null {
  const fallbacks = readFallbacks(env['SECRET_KEY_FALLBACKS']?.trim() ?? '')
  if (env['SECRET_KEY']) return [env['SECRET_KEY'], ...fallbacks]
  if (fallbacks.length === 0) return null
  throw new SojournError(
    'ERR_SECRET_MISSING',
    `SECRET_KEY_FALLBACKS is set and SECRET_KEY is not. ${howToCreateSecret}`,
  )
}

/** A key of its own for each purpose, out of a secret (HKDF-SHA256, RFC 5869), so that what one seals no other opens. @internal */
export function deriveKey(secret: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(deriveBytes(secret, purpose, 32))
}

/** Bytes for a purpose, out of a secret. @internal */
export function deriveBytes(secret: Uint8Array, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `sojourn ${purpose}`, length))
}

function readFallbacks(text: string): string[] {
  if (!text.startsWith('[')) return text.split(',').flatMap((entry) => entry.trim() || [])
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    // said below
  }
  if (Array.isArray(list) && list.every((entry) => typeof entry === 'string' && entry !== '')) return list
  throw new SojournError(
    'ERR_OPTIONS',
    'SECRET_KEY_FALLBACKS is a JSON array of secrets, such as ["older","oldest"], or a list separated by commas.',
  )
}

function checkSecret(secret: Secret | undefined, position: number, isProduction: boolean): Uint8Array {
  const bytes = toSecretBytes(secret, position)
  const name = describeSecret(position)
  if (bytes.length < 32) {
    throw new SojournError(
      'ERR_SECRET_WEAK',
      `${name} has ${bytes.length} bytes; use at least 32, so that it cannot be guessed. ${howToCreateSecret}`,
    )
  }
  if (isProduction && (isFromExamples(Buffer.from(bytes).toString()) || isRepetitive(bytes))) {
    throw new SojournError(
      'ERR_SECRET_WEAK',
      `${name} is one that anybody can guess or look up; in production use one of your own. ${howToCreateSecret}`,
    )
  }
  return bytes
}

// What stands for a secret in documentation and templates, in whatever spelling; real ones are random and match nothing here.
const isFromExamples = (secret: string): boolean =>
  /change.?(me|this|it|in.?production)|replace.?(me|this|with)|your.?(own.?|super.?|256.?bit.?)*secret|(super|very|dev|my|some|not.?so).?secret|secret.?key|keyboard.?cat|password.?at.?least|at.?least.?32|do.?not.?use|insecure|example/i.test(
    secret,
  )

/** A few characters over and over, or one pattern of up to 16. */
const isRepetitive = (bytes: Uint8Array): boolean =>
  new Set(bytes).size < 8 ||
  Array.from({ length: 16 }, (_, index) => index + 1).some((period) =>
    bytes.every((byte, index) => index < period || byte === bytes[index - period]),
  )

const describeSecret = (position: number): string =>
  position === 0 ? 'The secret (SECRET_KEY)' : `Secret ${position + 1} (SECRET_KEY_FALLBACKS)`
