import { isCookieName } from '../../cookies/cookie-options.ts'
import { readSeconds, readText } from '../../core/env-values.ts'
import { CommandError } from '../arguments.ts'
import { asUsageError, findKeys, type Keys } from '../keys.ts'
import { quoteForUser } from '../terminal.ts'
import type { InspectSettings } from './types.ts'

/** The settings of `inspect`: how it checks cookies, and the names that it looks for. */
export interface CommandSettings extends InspectSettings {
  readonly keys: Keys
  /** The default names of our cookies. Each user cookie comes before its guest cookie. */
  readonly usualNames: readonly string[]
  /** The default names of Flask's cookie. */
  readonly flaskNames: readonly string[]
}

/** The options of `inspect` that change its settings. */
export interface InspectOptions {
  readonly audience?: string
  readonly 'max-age'?: string
  readonly now?: string
}

const daySeconds = 24 * 3600

/** Reads the settings: from options, else from the environment and `.env`, else the defaults. @throws CommandError */
export function readSettings(options: InspectOptions): CommandSettings {
  // First, because it may load .env, which sets the other variables.
  const keys = findKeys()
  const idleTimeout = parseSeconds('--max-age', options['max-age'], -1e11) ?? readVariable('PERMANENT_SESSION_LIFETIME')
  return {
    keys,
    secrets: keys.secrets,
    audience: options.audience ?? '',
    idleTimeout: idleTimeout ?? 7 * daySeconds,
    idleIsAssumed: idleTimeout === undefined,
    absoluteTimeout: readVariable('SESSION_ABSOLUTE_LIFETIME') ?? 30 * daySeconds,
    now: Math.round((parseSeconds('--now', options.now, 0) ?? Date.now() / 1000) * 1000),
    flaskNames: [...ownCookieNames().slice(0, 1), 'session'],
    usualNames: [...ownCookieNames(), '__Host-Http-session', '__Host-Http-guest', 'session', 'guest'],
  }
}

/** Checks the idle timeout of sealed cookies. Flask's lifetime may be 0 or negative. @throws CommandError */
export function checkTimeout({ idleTimeout }: CommandSettings): void {
  parseSeconds('--max-age', String(idleTimeout), 1)
}

/** Checks the name of a cookie. @throws CommandError */
export function checkCookieName(source: string, name: string): void {
  if (isCookieName(name)) return
  throw new CommandError(2, `${source} must be a cookie name, such as __Host-Http-session, not ${quoteForUser(name)}.`)
}

const readVariable = (name: string): number | undefined => asUsageError(() => readSeconds(process.env, name))

function ownCookieNames(): string[] {
  const name = readText(process.env, 'SESSION_COOKIE_NAME')
  if (!name) return []
  checkCookieName('SESSION_COOKIE_NAME', name)
  return [name, `${name}-guest`]
}

function parseSeconds(source: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= 1e11) return value
  const hint = source === '--now' && value > 1e11 ? ' Is this in milliseconds?' : ''
  throw new CommandError(
    2,
    `${source} must be a number of seconds${least < 0 ? '' : `, at least ${least}`}, not ${quoteForUser(text)}.${hint}`,
  )
}
