import { statSync } from 'node:fs'
import { SojournError } from '../errors.ts'
import { keptDevelopmentSecret } from '../kept-secret.ts'
import { secretsOf } from '../secrets.ts'
import { CommandError } from './arguments.ts'
import { isCookieName } from '../cookie.ts'
import type { Judgement } from './examine.ts'
import { quoted } from './print.ts'

/** What `inspect` judges by, and what it calls things. */
export interface Settings extends Judgement {
  /** What to call the key that seals. */
  readonly firstKey: string
  /** The names that cookies have unless told otherwise, each sign-in's before its guest's. */
  readonly usual: readonly string[]
  /** The names that Flask's cookie has unless told otherwise. */
  readonly flaskNames: readonly string[]
}

/** The options of `inspect` that it judges by. */
export interface Given {
  readonly audience?: string
  readonly 'max-age'?: string
  readonly now?: string
}

const day = 24 * 3600

/** Puts together what cookies are judged by: options first, then the environment and `.env`, then defaults. @throws CommandError */
export function readSettings(given: Given): Settings {
  // First, since it may bring what the others are read from.
  const { secrets, firstKey } = findKeys()
  return {
    secrets,
    firstKey,
    audience: given.audience ?? '',
    idleTimeout: seconds('--max-age', given['max-age'], -1e11) ?? variable('PERMANENT_SESSION_LIFETIME') ?? 7 * day,
    absoluteTimeout: variable('SESSION_ABSOLUTE_LIFETIME') ?? 30 * day,
    now: Math.round((seconds('--now', given.now, 0) ?? Date.now() / 1000) * 1000),
    flaskNames: [...ownNames().slice(0, 1), 'session'],
    usual: [...ownNames(), '__Host-session', '__Host-guest', 'session', 'guest'],
  }
}

/** Checks the idle timeout of sealed cookies; Flask's may be 0, and below it nothing is young enough. @throws CommandError */
export function checkTimeout({ idleTimeout }: Settings): void {
  seconds('--max-age', String(idleTimeout), 1)
}

/** Checks the name of a cookie. @throws CommandError */
export function checkName(source: string, name: string): void {
  if (isCookieName(name)) return
  throw new CommandError(2, `${source} is the name of a cookie, such as __Host-session, and not ${quoted(name)}.`)
}

function findKeys(): { secrets: readonly string[]; firstKey: string } {
  // A folder of this name is somebody's Python.
  if (process.env['SECRET_KEY'] === undefined && statSync('.env', { throwIfNoEntry: false })?.isFile()) {
    try {
      process.loadEnvFile('.env')
    } catch (error) {
      throw new CommandError(
        2,
        `'.env' cannot be read (${(error as NodeJS.ErrnoException).code}). Set SECRET_KEY, or repair it.`,
      )
    }
  }
  const secrets = orWrongUse(() => secretsOf(process.env))
  if (secrets !== null) return { secrets, firstKey: 'SECRET_KEY' }
  const kept = process.env['NODE_ENV'] === 'production' ? null : keptDevelopmentSecret()
  if (kept !== null) return { secrets: [kept], firstKey: 'the key of development' }
  throw new CommandError(
    2,
    'There is no key to open cookies with. Set SECRET_KEY as the application has it, or run this in the folder of its .env.',
  )
}

/** Does what throws for keys that the application could not start with either. @throws CommandError */
export function orWrongUse<Result>(action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    if (error instanceof SojournError) throw new CommandError(2, error.message)
    throw error
  }
}

const variable = (name: string): number | undefined => seconds(name, process.env[name] || undefined, 1)

function ownNames(): string[] {
  const name = process.env['SESSION_COOKIE_NAME']
  if (!name) return []
  checkName('SESSION_COOKIE_NAME', name)
  return [name, `${name}-guest`]
}

function seconds(source: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= 1e11) return value
  const hint = source === '--now' && value > 1e11 ? ' These are milliseconds, or more.' : ''
  throw new CommandError(
    2,
    `${source} is a number of seconds${least < 0 ? '' : `, at least ${least}`}, and not ${quoted(text)}.${hint}`,
  )
}
