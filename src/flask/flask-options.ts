import { SojournError } from '../core/errors.ts'

/** Reports a wrong option of any function in this folder. @throws `ERR_OPTIONS` */
export function optionsError(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}

/** @throws `ERR_OPTIONS` for an unknown option */
export function checkOptionNames(caller: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) optionsError(`${caller} needs an object of options.`)
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      optionsError(`${name} is not an option of ${caller}. Its options are ${names.join(', ')}.`)
  }
}

/** @param reserved one more name that is not allowed */
export function checkUserKey(userKey: unknown, reserved?: string): void {
  const isName = typeof userKey === 'string' && userKey !== '' && userKey !== reserved
  if (!isName || /^_*flash\.|^_flashes$|^_permanent$/.test(userKey))
    optionsError("userKey must name the session member that holds the user's id, such as 'person_id'.")
}

/** Options for finding Flask-Session's records, and the user's id in them. */
export interface RecordOptions {
  readonly useSigner?: boolean | undefined
  readonly keyPrefix?: string | undefined
  readonly userKey?: string | undefined
}

/** Checks the options and fills in defaults. @throws `ERR_OPTIONS` */
export function readRecordOptions({ useSigner = false, keyPrefix = 'session:', userKey = 'person_id' }: RecordOptions) {
  if (typeof useSigner !== 'boolean') optionsError('useSigner must be true or false.')
  if (typeof keyPrefix !== 'string') optionsError('keyPrefix must be a string.')
  if (keyPrefix === '' && !useSigner)
    optionsError(
      "With an empty keyPrefix, a cookie could name any key in Redis. Set a prefix, such as 'session:', or useSigner: true.",
    )
  checkUserKey(userKey)
  return { useSigner, keyPrefix, userKey }
}
