import { optionsError, type SojournError } from './errors.ts'

/**
 * Throws for an option whose name is unknown, because a misspelled option would otherwise have no effect.
 * An option that is `undefined` counts as absent.
 *
 * @param owner the function that takes the options, as its message names it
 */
export function checkOptionNames(
  owner: string,
  options: object,
  names: readonly string[],
  createError: (message: string) => SojournError = optionsError,
): void {
  if (typeof options !== 'object' || options === null) throw createError(`${owner} takes an object of options.`)
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !names.includes(name))
      throw createError(`${owner} has no option ${name}. Its options are ${names.join(', ')}.`)
  }
}

/** Ten years, in seconds. A longer duration was most likely meant as milliseconds, as express-session takes them. */
const maxSeconds = 10 * 366 * 24 * 3600

/** Throws if an option is not a duration in seconds. @throws `ERR_OPTIONS` */
export function checkSeconds(name: string, value: unknown, min: number): void {
  if (typeof value === 'number' && value >= min && value <= maxSeconds) return
  throw optionsError(
    `${name} must be a number of seconds, not milliseconds, from ${min} to ten years; not ${typeof value === 'string' ? JSON.stringify(value) : String(value)}.`,
  )
}

/** Throws if the option `store` lacks a function of a store. Workers KV is refused by name. @throws `ERR_OPTIONS` */
export function checkStoreMethods(store: any): void {
  const missing = ['create', 'read', 'update', 'end', 'endAll', 'list'].filter(
    (verb) => typeof store[verb] !== 'function',
  )
  if (missing[0])
    throw optionsError(
      store.getWithMetadata
        ? 'Workers KV is up to 60 seconds late: signed-out users stay in. Use durableObjectStore(…).'
        : `store must be a SessionStore, such as sqliteStore(…). It lacks ${missing.join(', ')}.`,
    )
}
