import { SojournError } from '../core/errors.ts'
import type { Secret } from '../formats/secrets.ts'
import { readFlaskSecrets } from './secrets.ts'

/** What Flask-Session signs ids with, if it does. */
export interface SidSecretOptions {
  readonly secretKey: Secret | undefined
  readonly secretKeyFallbacks: readonly (Secret | undefined)[]
  readonly useSigner: boolean
}

/** The secrets, newest first; none where none are given and none are needed. @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS` */
export function readSidSecrets({ secretKey, secretKeyFallbacks, useSigner }: SidSecretOptions): readonly Uint8Array[] {
  if (!Array.isArray(secretKeyFallbacks))
    throw new SojournError('ERR_OPTIONS', "secretKeyFallbacks is a list of keys, such as ['older'].")
  if (secretKey === undefined && secretKeyFallbacks.length === 0 && !useSigner) return []
  return readFlaskSecrets([secretKey, ...secretKeyFallbacks])
}
