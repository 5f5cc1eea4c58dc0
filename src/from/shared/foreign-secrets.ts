import { optionsError, SojournError } from '../../core/errors.ts'
import type { Secret } from '../../formats/secrets.ts'

export type { Secret } from '../../formats/secrets.ts'

/** One secret of the other library, or several with the newest first. Of any length, because it must be exactly that library's. */
export type ForeignSecrets = Secret | undefined | readonly (Secret | undefined)[]

/**
 * Returns the secrets as bytes, newest first.
 *
 * @param option the option's name, as messages give it
 * @throws `ERR_SECRET_MISSING` if none is given, or one is empty; `ERR_OPTIONS` if one is neither text nor bytes
 */
export function readForeignSecrets(caller: string, option: string, secrets: ForeignSecrets): readonly Uint8Array[] {
  const list: readonly (Secret | undefined)[] = isList(secrets) ? secrets : [secrets]
  if (list.length === 0) throw missingSecret(caller, option)
  return list.map((secret) => {
    if (secret === undefined || secret === null || secret.length === 0) throw missingSecret(caller, option)
    if (typeof secret !== 'string' && !(secret instanceof Uint8Array))
      throw optionsError(`${option} of ${caller} must be text or bytes, or a list of them.`)
    return Buffer.from(secret as string)
  })
}

const isList = (secrets: ForeignSecrets): secrets is readonly (Secret | undefined)[] => Array.isArray(secrets)

const missingSecret = (caller: string, option: string): SojournError =>
  new SojournError(
    'ERR_SECRET_MISSING',
    `${option} of ${caller} is missing or empty. It must be exactly that of the application whose sessions are adopted.`,
  )
