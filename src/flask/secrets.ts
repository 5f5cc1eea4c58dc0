import { SojournError } from '../core/errors.ts'
import { howToCreateSecret, readSecrets, toSecretBytes, type Secret } from '../formats/secrets.ts'

const howToSetFlaskSecret =
  'It has to be the SECRET_KEY of the Flask application, to the letter: no other opens its sessions. Where that is too short, give Flask a longer one first, and keep this one in its SECRET_KEY_FALLBACKS.'

/** The keys of a Flask application, newest first. @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS` */
export function readFlaskSecrets(secrets: readonly (Secret | undefined)[]): readonly Uint8Array[] {
  try {
    // Flask asks nothing of its keys, and in development ours are those that Flask has.
    return process.env['NODE_ENV'] === 'production' ? readSecrets(secrets, true) : secrets.map(toSecretBytes)
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    throw new SojournError(error.code, error.message.replace(howToCreateSecret, howToSetFlaskSecret))
  }
}
