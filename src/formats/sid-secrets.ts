import { SojournError } from '../errors.ts'
import { readSecrets, secretBytes, type Secret } from '../secrets.ts'

/** What Flask-Session signs ids with, if it does. */
export interface SidSecrets {
  readonly secretKey: Secret | undefined
  readonly secretKeyFallbacks: readonly (Secret | undefined)[]
  readonly useSigner: boolean
}

/** The secrets, newest first; none where none are given and none are needed. @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS` */
export function sidSecrets({ secretKey, secretKeyFallbacks, useSigner }: SidSecrets): readonly Uint8Array[] {
  if (!Array.isArray(secretKeyFallbacks))
    throw new SojournError('ERR_OPTIONS', "secretKeyFallbacks is a list of keys, such as ['older'].")
  if (secretKey === undefined && secretKeyFallbacks.length === 0 && !useSigner) return []
  const secrets = [secretKey, ...secretKeyFallbacks]
  // Flask asks nothing of its keys, and in development ours are those that Flask has.
  return process.env['NODE_ENV'] === 'production' ? readSecrets(secrets, true) : secrets.map(secretBytes)
}
