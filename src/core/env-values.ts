import { optionsError, type SojournError } from './errors.ts'

/** The variables of an environment, such as `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>

/** Returns the text of a variable. An empty variable counts as absent. */
export function readText(env: Env, name: string): string | undefined {
  return env[name] || undefined
}

/**
 * Reads a variable that is a whole number.
 *
 * @param unit the noun for the error message, such as `seconds`
 * @throws `ERR_OPTIONS`
 */
export function readNumber(
  env: Env,
  name: string,
  { unit, min, max = Infinity }: { readonly unit: string; readonly min: number; readonly max?: number },
): number | undefined {
  const text = readText(env, name)
  if (text === undefined) return undefined
  const value = /^\d{1,11}$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max) return value
  const range = max === Infinity ? `, at least ${min}` : ` from ${min} to ${max}`
  throw variableError(name, `a whole number of ${unit}${range}`, text)
}

/** Reads a variable that is a duration in seconds. @throws `ERR_OPTIONS` */
export function readSeconds(env: Env, name: string, min = 1): number | undefined {
  return readNumber(env, name, { unit: 'seconds', min })
}

/** Reads a variable that is a truth value, in one of the spellings that Flask applications use. @throws `ERR_OPTIONS` */
export function readBoolean(env: Env, name: string): boolean | undefined {
  const text = readText(env, name)
  if (text === undefined) return undefined
  if (/^(true|1|yes)$/i.test(text)) return true
  if (/^(false|0|no)$/i.test(text)) return false
  throw variableError(name, 'true or false', text)
}

/** Reads a variable that is a list: a JSON array of strings, or separated by commas. @throws `ERR_OPTIONS` without the value, which may be secret */
export function readList(env: Env, name: string): readonly string[] {
  const text = env[name]?.trim() ?? ''
  if (!text.startsWith('[')) return text.split(',').flatMap((entry) => entry.trim() || [])
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    // Invalid JSON leaves `list` undefined, which throws below.
  }
  if (Array.isArray(list) && list.every((entry) => typeof entry === 'string' && entry !== '')) return list
  throw optionsError(
    `${name} must be a JSON array of strings, such as ["older","oldest"], or a list separated by commas.`,
  )
}

/**
 * Reads a variable that is the URL of a server.
 *
 * @param example shown in the error, which omits the value because it may hold a password
 * @throws `ERR_OPTIONS`
 */
export function readServerUrl(env: Env, name: string, protocols: RegExp, example: string): string | undefined {
  const text = readText(env, name)
  if (text === undefined) return undefined
  if (URL.canParse(text) && protocols.test(new URL(text).protocol)) return text
  throw optionsError(`${name} is not a server address. Use ${example}.`)
}

/** Creates the error for a variable with an invalid value. */
export function variableError(name: string, expected: string, text: string): SojournError {
  return optionsError(`${name} must be ${expected}; not ${JSON.stringify(text)}.`)
}
