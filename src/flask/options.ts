import { SojournError } from '../core/errors.ts'

/** @throws `ERR_OPTIONS` */
export function refuse(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}

/** @throws `ERR_OPTIONS` for an option that there is not */
export function checkNames(taker: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) refuse(`${taker} takes an object of options.`)
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) refuse(`${name} is not an option of ${taker}. There are ${names.join(', ')}.`)
  }
}

/** @param taken also names no user */
export function checkUserKey(userKey: unknown, taken?: string): void {
  const isName = typeof userKey === 'string' && userKey !== '' && userKey !== taken
  if (!isName || /^_*flash\.|^_flashes$|^_permanent$/.test(userKey))
    refuse("userKey names the member of Flask's session that holds the user's id, such as 'person_id'.")
}

/** What tells where Flask-Session keeps its records, and whose they are. */
export interface RecordOptions {
  readonly useSigner?: boolean | undefined
  readonly keyPrefix?: string | undefined
  readonly userKey?: string | undefined
}

/** With what is left out filled in. @throws `ERR_OPTIONS` */
export function recordOptions({ useSigner = false, keyPrefix = 'session:', userKey = 'person_id' }: RecordOptions) {
  if (typeof useSigner !== 'boolean') refuse('useSigner is true or false.')
  if (typeof keyPrefix !== 'string') refuse('keyPrefix is a text.')
  if (keyPrefix === '' && !useSigner)
    refuse("With an empty keyPrefix a cookie would name any key in Redis: give one, such as 'session:', or useSigner.")
  checkUserKey(userKey)
  return { useSigner, keyPrefix, userKey }
}
