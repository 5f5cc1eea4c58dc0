import { optionsError } from '../core/errors.ts'

/** @param reserved one more name that is not allowed */
export function checkUserKey(userKey: unknown, reserved?: string): void {
  const isName = typeof userKey === 'string' && userKey !== '' && userKey !== reserved
  if (!isName || /^_*flash\.|^_flashes$|^_permanent$/.test(userKey))
    throw optionsError("userKey must name the session member that holds the user's id, such as 'person_id'.")
}

/** Options for finding Flask-Session's records, and the user's id in them. */
export interface RecordOptions {
  readonly useSigner?: boolean | undefined
  readonly keyPrefix?: string | undefined
  readonly userKey?: string | undefined
}

/** Checks the options and fills in defaults. @throws `ERR_OPTIONS` */
export function readRecordOptions({ useSigner = false, keyPrefix = 'session:', userKey = 'person_id' }: RecordOptions) {
  if (typeof useSigner !== 'boolean') throw optionsError('useSigner must be true or false.')
  if (typeof keyPrefix !== 'string') throw optionsError('keyPrefix must be a string.')
  if (keyPrefix === '' && !useSigner)
    throw optionsError(
      "With an empty keyPrefix, a cookie could name any key in Redis. Set a prefix, such as 'session:', or useSigner: true.",
    )
  checkUserKey(userKey)
  return { useSigner, keyPrefix, userKey }
}
