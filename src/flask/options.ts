import { SojournError } from '../core/errors.ts'

/** @throws `ERR_OPTIONS` */
export function optionsError(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}

/** @throws `ERR_OPTIONS` for an option that there is not */
export function checkOptionNames(caller: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) optionsError(`${caller} takes an object of options.`)
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) optionsError(`${name} is not an option of ${caller}. There are ${names.join(', ')}.`)
  }
}

/** @param reserved also names no user */
export function checkUserKey(userKey: unknown, reserved?: string): void {
  const isName = typeof userKey === 'string' && userKey !== '' && userKey !== reserved
  if (!isName || /^_*flash\.|^_flashes$|^_permanent$/.test(userKey))
    optionsError("userKey names the member of Flask's session that holds the user's id, such as 'person_id'.")
}

/** What tells where Flask-Session keeps its records, and whose they are. */
export interface RecordOptions {
  readonly useSigner?: boolean | undefined
  readonly keyPrefix?: string | undefined
  readonly userKey?: string | undefined
}

/** With what is left out filled in. @throws `ERR_OPTIONS` */
export function readRecordOptions({ useSigner = false, keyPrefix = 'session:', userKey = 'person_id' }: RecordOptions) {
  if (typeof useSigner !== 'boolean') optionsError('useSigner is true or false.')
  if (typeof keyPrefix !== 'string') optionsError('keyPrefix is a text.')
  if (keyPrefix === '' && !useSigner)
    optionsError(
      "With an empty keyPrefix a cookie would name any key in Redis: give one, such as 'session:', or useSigner.",
    )
  checkUserKey(userKey)
  return { useSigner, keyPrefix, userKey }
}
