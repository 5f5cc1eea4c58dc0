import type { CookieOptions } from './cookie.ts'
import { SojournError } from './errors.ts'
import { flaskFormat } from './formats/flask.ts'
import type { SessionsOptions } from './options.ts'
import { secretsOf } from './secrets.ts'

/** What {@link optionsFromEnv} gives: options of `createSessions`, and what ends them. */
export type OptionsFromEnv = SessionsOptions & {
  /** Closes what was opened for the sessions; resolves when that is done. Call it when the server stops. */
  close(): Promise<void>
}

type Env = Readonly<Record<string, string | undefined>>

const types = ['cookie', 'flask', 'sqlite']
const typesToCome = ['redis', 'postgres', 'flask-redis']

/**
 * Reads the options of `createSessions` from the environment, by the names that Flask has for them, so that one `.env`
 * serves an application in Flask as well: `createSessions(await optionsFromEnv())`. A variable that is empty counts as
 * one that is not set.
 *
 * | variable | option |
 * |---|---|
 * | `SESSION_TYPE` | `cookie`, the sealed cookie (the default); `flask`, Flask's own: `format`; `sqlite`, a file: `store` |
 * | `DATA_DIR` | for `sqlite`, the folder of the file, which is called `sessions.db`; `.data` where it is not set |
 * | `SECRET_KEY`, `SECRET_KEY_FALLBACKS` | `secrets`, or the keys of the format; the fallbacks as a JSON array or separated by commas |
 * | `PERMANENT_SESSION_LIFETIME` | `idleTimeout`, in seconds |
 * | `SESSION_ABSOLUTE_LIFETIME` | `absoluteTimeout`, in seconds; of no use with `flask` |
 * | `SESSION_REFRESH_EACH_REQUEST` | where it is true, `touchAfter` is 0 |
 * | `SESSION_COOKIE_NAME`, `_DOMAIN`, `_PATH`, `_SECURE`, `_HTTPONLY`, `_SAMESITE`, `_PARTITIONED` | `cookie` |
 *
 * @param env the variables, `process.env` when left out
 * @throws `ERR_OPTIONS` naming the variable and what it takes; `ERR_STORE_CLIENT` without a driver; `ERR_SECRET_MISSING`, and for `flask` `ERR_SECRET_WEAK`
 */
export async function optionsFromEnv(env: Env = process.env): Promise<OptionsFromEnv> {
  const cookie = cookieFrom(env)
  const options: SessionsOptions = {
    ...keysFrom(env),
    ...only('idleTimeout', seconds(env, 'PERMANENT_SESSION_LIFETIME')),
    ...only('absoluteTimeout', seconds(env, 'SESSION_ABSOLUTE_LIFETIME')),
    ...only('touchAfter', truth(env, 'SESSION_REFRESH_EACH_REQUEST') === true ? 0 : undefined),
    ...only('cookie', Object.keys(cookie).length === 0 ? undefined : cookie),
  }
  // Last, so that nothing stays open of what is refused.
  const kept = env['SESSION_TYPE'] === 'sqlite' ? await sqlite(env['DATA_DIR'] || '.data') : null
  if (kept !== null) options.store = kept.store
  // Not enumerable: createSessions takes the options as they are, and `const { close, ...options }` finds it.
  return Object.defineProperty(options, 'close', { value: async () => void kept?.db.close() }) as OptionsFromEnv
}

async function sqlite(folder: string) {
  const [{ openSqlite }, { sqliteStore }] = await Promise.all([
    import('./stores/sqlite/open.ts'),
    import('./stores/sqlite.ts'),
  ])
  const db = await openSqlite(`${folder}/sessions.db`)
  return { db, store: sqliteStore(db) }
}

function keysFrom(env: Env): Pick<SessionsOptions, 'secrets' | 'format'> {
  const type = env['SESSION_TYPE'] || 'cookie'
  if (!types.includes(type)) {
    const known = typesToCome.includes(type) ? 'is not there yet' : 'is none that there is'
    refuse(
      `SESSION_TYPE ${JSON.stringify(type)} ${known}. There are cookie, the sealed cookie, which is the default; flask, Flask's own; and sqlite, a file.`,
    )
  }
  const secrets = secretsOf(env)
  if (type !== 'flask') return only('secrets', secrets ?? undefined)
  if (secrets === null) {
    throw new SojournError(
      'ERR_SECRET_MISSING',
      'SESSION_TYPE=flask needs SECRET_KEY: the one that the Flask application has, to the letter.',
    )
  }
  const [secretKey, ...secretKeyFallbacks] = secrets
  return { format: flaskFormat({ secretKey, secretKeyFallbacks }) }
}

function cookieFrom(env: Env): CookieOptions {
  return {
    ...only('name', env['SESSION_COOKIE_NAME'] || undefined),
    ...only('domain', env['SESSION_COOKIE_DOMAIN'] || undefined),
    ...only('path', env['SESSION_COOKIE_PATH'] || undefined),
    ...only('secure', truth(env, 'SESSION_COOKIE_SECURE')),
    ...only('httpOnly', truth(env, 'SESSION_COOKIE_HTTPONLY')),
    ...only('sameSite', sameSite(env)),
    ...only('partitioned', truth(env, 'SESSION_COOKIE_PARTITIONED')),
  }
}

function seconds(env: Env, name: string): number | undefined {
  const text = env[name]
  if (!text) return undefined
  if (/^\d{1,11}$/.test(text) && Number(text) >= 1) return Number(text)
  refuse(`${name} is ${JSON.stringify(text)}; it takes a whole number of seconds, at least 1.`)
}

function truth(env: Env, name: string): boolean | undefined {
  const text = env[name]
  if (!text) return undefined
  if (/^(true|1|yes)$/i.test(text)) return true
  if (/^(false|0|no)$/i.test(text)) return false
  refuse(`${name} is ${JSON.stringify(text)}; it takes true or false.`)
}

function sameSite(env: Env): CookieOptions['sameSite'] {
  const text = env['SESSION_COOKIE_SAMESITE']
  if (!text) return undefined
  const lower = text.toLowerCase()
  if (lower === 'strict' || lower === 'lax' || lower === 'none') return lower
  refuse(`SESSION_COOKIE_SAMESITE is ${JSON.stringify(text)}; it takes Strict, Lax or None.`)
}

/** One member, or none: what is not set leaves its default to `createSessions`. */
function only<Name extends string, Value>(name: Name, value: Value | undefined): { [Each in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Each in Name]?: Value }
}

function refuse(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}
