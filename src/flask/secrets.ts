import { optionsError, SojournError } from '../core/errors.ts'
import { howToCreateSecret, readSecrets, toSecretBytes, type Secret } from '../formats/secrets.ts'

/** Flask-Session's secrets, which it needs only if it signs ids. */
export interface SidSecretOptions {
  readonly secretKey: Secret | undefined
  readonly secretKeyFallbacks: readonly (Secret | undefined)[]
  readonly useSigner: boolean
}

/** Returns a Flask application's secrets, newest first. @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS` */
export function readFlaskSecrets(
  secretKey: Secret | undefined,
  fallbacks: readonly (Secret | undefined)[],
): readonly Uint8Array[] {
  if (!Array.isArray(fallbacks))
    throw optionsError(
      "secretKeyFallbacks must be a list of keys, such as ['older']: each letter of a text would be a key.",
    )
  const secrets = [secretKey, ...fallbacks]
  try {
    // Flask accepts any key, and in development we accept the same ones.
    return process.env['NODE_ENV'] === 'production' ? readSecrets(secrets, true) : secrets.map(toSecretBytes)
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    throw new SojournError(error.code, error.message.replace(howToCreateSecret, howToSetFlaskSecret))
  }
}

/** As {@link readFlaskSecrets}, but returns an empty list if no secret is given and ids are not signed. */
export function readSidSecrets({ secretKey, secretKeyFallbacks, useSigner }: SidSecretOptions): readonly Uint8Array[] {
  const isGiven = secretKey !== undefined || !Array.isArray(secretKeyFallbacks) || secretKeyFallbacks.length > 0
  if (!isGiven && !useSigner) return []
  return readFlaskSecrets(secretKey, secretKeyFallbacks)
}

const howToSetFlaskSecret =
  "It must be exactly the Flask application's SECRET_KEY: no other key opens its sessions. If that key is too short, give Flask a longer one first, and keep the old one in its SECRET_KEY_FALLBACKS."
