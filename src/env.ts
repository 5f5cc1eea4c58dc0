import type { CookieOptions } from './cookies/cookie-options.ts'
import { SojournError } from './core/errors.ts'
import { readSecretsFromEnv } from './formats/secrets.ts'
import type { SessionsOptions } from './options.ts'

/** What {@link optionsFromEnv} gives: options of `createSessions`, and what ends them. */
export type OptionsFromEnv = SessionsOptions & {
  /** Closes what was opened for the sessions; resolves when that is done. Call it when the server stops. */
  close(): Promise<void>
}

type Env = Readonly<Record<string, string | undefined>>

const sessionTypes = ['cookie', 'flask', 'sqlite', 'redis', 'postgres', 'flask-redis']

type BackendFromEnv = Pick<OptionsFromEnv, 'store' | 'close'> & { readonly format?: SessionsOptions['format'] }

/**
 * Reads the options of `createSessions` from the environment, by the names that Flask has for them, so that one `.env`
 * serves an application in Flask as well: `createSessions(await optionsFromEnv())`. A variable that is empty counts as
 * one that is not set, save `SESSION_KEY_PREFIX`.
 *
 * | variable | option |
 * |---|---|
 * | `SESSION_TYPE` | `cookie`, the sealed cookie (the default); `flask`, Flask's own: `format`; `sqlite`, a file, `redis`, which may be Valkey, or `postgres`: `store`; `flask-redis`, Flask-Session's records in Redis: both |
 * | `DATA_DIR` | for `sqlite`, the folder of the file, which is called `sessions.db`; `.data` where it is not set |
 * | `REDIS_URL` | for `redis` and `flask-redis`, where it is; `redis://127.0.0.1:6379` where it is not set |
 * | `SESSION_KEY_PREFIX`, `SESSION_SERIALIZATION_FORMAT`, `SESSION_ID_LENGTH`, `SESSION_USE_SIGNER` | for `flask-redis`, as Flask-Session has them; the signer needs `SECRET_KEY`, and an empty prefix the signer |
 * | `SESSION_PERMANENT` | for `flask-redis`, `remember` |
 * | `DATABASE_URL` | for `postgres`, where it is; the table is made there when it is missing |
 * | `SESSION_UNCONFIRMED_FOR` | `unconfirmedFor`, in seconds; 0 is not at all |
 * | `SECRET_KEY`, `SECRET_KEY_FALLBACKS` | `secrets`, or the keys of the format; the fallbacks as a JSON array or separated by commas |
 * | `PERMANENT_SESSION_LIFETIME` | `idleTimeout`, in seconds |
 * | `SESSION_ABSOLUTE_LIFETIME` | `absoluteTimeout`, in seconds; of no use with `flask` and `flask-redis` |
 * | `SESSION_REFRESH_EACH_REQUEST` | where it is true, `touchAfter` is 0 |
 * | `SESSION_COOKIE_NAME`, `_DOMAIN`, `_PATH`, `_SECURE`, `_HTTPONLY`, `_SAMESITE`, `_PARTITIONED` | `cookie` |
 *
 * @param env the variables, `process.env` when left out
 * @throws `ERR_OPTIONS` naming the variable and what it takes; `ERR_STORE_CLIENT` without a driver; `ERR_SECRET_MISSING`, and
 * for `flask` and `flask-redis` `ERR_SECRET_WEAK`; for `postgres` the driver's own error, where the table cannot be made
 */
export async function optionsFromEnv(env: Env = process.env): Promise<OptionsFromEnv> {
  const cookie = readCookieVariables(env)
  const options: SessionsOptions = {
    ...(await readKeys(env)),
    ...includeIfSet('idleTimeout', readSeconds(env, 'PERMANENT_SESSION_LIFETIME')),
    ...includeIfSet('absoluteTimeout', readSeconds(env, 'SESSION_ABSOLUTE_LIFETIME')),
    ...includeIfSet('unconfirmedFor', readSeconds(env, 'SESSION_UNCONFIRMED_FOR', 0)),
    ...includeIfSet(
      'remember',
      env['SESSION_TYPE'] === 'flask-redis' ? readBoolean(env, 'SESSION_PERMANENT') : undefined,
    ),
    ...includeIfSet('touchAfter', readBoolean(env, 'SESSION_REFRESH_EACH_REQUEST') === true ? 0 : undefined),
    ...includeIfSet('cookie', Object.keys(cookie).length === 0 ? undefined : cookie),
  }
  // Last, so that nothing stays open of what is refused.
  const backend = await openBackend(env)
  if (backend !== null)
    Object.assign(options, includeIfSet('store', backend.store), includeIfSet('format', backend.format))
  // Not enumerable: createSessions takes the options as they are, and `const { close, ...options }` finds it.
  return Object.defineProperty(options, 'close', { value: async () => backend?.close() }) as OptionsFromEnv
}

async function openBackend(env: Env): Promise<BackendFromEnv | null> {
  switch (env['SESSION_TYPE']) {
    case 'sqlite':
      return openSqliteBackend(env['DATA_DIR'] || '.data')
    case 'redis':
      return openRedisBackend(readRedisUrl(env))
    case 'flask-redis':
      return openFlaskRedis(env)
    case 'postgres':
      return openPostgresBackend(
        readAddress(env, 'DATABASE_URL', /^postgres(ql)?:$/, 'postgres://USER:PASSWORD@HOST:PORT/DATABASE'),
      )
    default:
      return null
  }
}

const readRedisUrl = (env: Env): string =>
  readAddress(env, 'REDIS_URL', /^rediss?:$/, 'redis://HOST:PORT, or rediss:// for TLS') ?? 'redis://127.0.0.1:6379'

async function openFlaskRedis(env: Env): Promise<BackendFromEnv> {
  const [secretKey, ...secretKeyFallbacks] = readSecretsFromEnv(env) ?? []
  const serialization = env['SESSION_SERIALIZATION_FORMAT'] || undefined
  if (serialization !== undefined && serialization !== 'msgpack' && serialization !== 'json')
    throwOptionsError(`SESSION_SERIALIZATION_FORMAT is ${JSON.stringify(serialization)}; it takes msgpack or json.`)
  const idLength = env['SESSION_ID_LENGTH'] || undefined
  if (idLength !== undefined && !/^(1[6-9]|[2-8]\d|9[0-6])$/.test(idLength))
    throwOptionsError(`SESSION_ID_LENGTH is ${JSON.stringify(idLength)}; it takes a number of random bytes, 16 to 96.`)
  const useSigner = readBoolean(env, 'SESSION_USE_SIGNER')
  // An empty one is taken for what it is, as in Flask: with another, neither would find the sessions of the other.
  const keyPrefix = env['SESSION_KEY_PREFIX']
  if (keyPrefix === '' && useSigner !== true)
    throwOptionsError(
      'SESSION_KEY_PREFIX is empty, so that a cookie would name any key in Redis: give one, leave it out for session:, or set SESSION_USE_SIGNER.',
    )
  const { flaskSession } = await import('./flask/session-store.ts')
  const { format, store } = flaskSession(readRedisUrl(env), {
    secretKey,
    secretKeyFallbacks,
    useSigner,
    keyPrefix,
    serialization,
    idLength: idLength === undefined ? undefined : Number(idLength),
  })
  return { format, store, close: store.close }
}

async function openSqliteBackend(folder: string): Promise<BackendFromEnv> {
  const [{ openSqlite }, { sqliteStore }] = await Promise.all([
    import('./stores/sqlite/open.ts'),
    import('./stores/sqlite/store.ts'),
  ])
  const db = await openSqlite(`${folder}/sessions.db`)
  return { store: sqliteStore(db), close: async () => void db.close() }
}

async function openRedisBackend(url: string): Promise<BackendFromEnv> {
  const { redisStore } = await import('./stores/redis/store.ts')
  const store = redisStore(url)
  return { store, close: store.close }
}

async function openPostgresBackend(url: string | undefined): Promise<BackendFromEnv> {
  if (url === undefined)
    throwOptionsError('SESSION_TYPE=postgres needs DATABASE_URL, such as postgres://USER:PASSWORD@HOST:PORT/DATABASE.')
  const { postgresStore } = await import('./stores/postgres/store.ts')
  const store = postgresStore(url)
  try {
    await store.createTable()
  } catch (error) {
    await store.close()
    throw error
  }
  return { store, close: store.close }
}

async function readKeys(env: Env): Promise<Pick<SessionsOptions, 'secrets' | 'format'>> {
  const type = env['SESSION_TYPE'] || 'cookie'
  if (!sessionTypes.includes(type)) {
    throwOptionsError(
      `SESSION_TYPE ${JSON.stringify(type)} is none that there is. There are cookie, the sealed cookie; flask, Flask's own; sqlite, a file; redis; postgres; and flask-redis, Flask-Session's.`,
    )
  }
  const secrets = readSecretsFromEnv(env)
  if (type === 'flask-redis') return {}
  if (type !== 'flask') return includeIfSet('secrets', secrets ?? undefined)
  if (secrets === null) {
    throw new SojournError(
      'ERR_SECRET_MISSING',
      'SESSION_TYPE=flask needs SECRET_KEY: the one that the Flask application has, to the letter.',
    )
  }
  const [secretKey, ...secretKeyFallbacks] = secrets
  const { flaskFormat } = await import('./flask/cookie-format.ts')
  return { format: flaskFormat({ secretKey, secretKeyFallbacks }) }
}

function readCookieVariables(env: Env): CookieOptions {
  return {
    ...includeIfSet('name', env['SESSION_COOKIE_NAME'] || undefined),
    ...includeIfSet('domain', env['SESSION_COOKIE_DOMAIN'] || undefined),
    ...includeIfSet('path', env['SESSION_COOKIE_PATH'] || undefined),
    ...includeIfSet('secure', readBoolean(env, 'SESSION_COOKIE_SECURE')),
    ...includeIfSet('httpOnly', readBoolean(env, 'SESSION_COOKIE_HTTPONLY')),
    ...includeIfSet('sameSite', readSameSite(env)),
    ...includeIfSet('partitioned', readBoolean(env, 'SESSION_COOKIE_PARTITIONED')),
  }
}

function readSeconds(env: Env, name: string, min = 1): number | undefined {
  const text = env[name]
  if (!text) return undefined
  if (/^\d{1,11}$/.test(text) && Number(text) >= min) return Number(text)
  throwOptionsError(`${name} is ${JSON.stringify(text)}; it takes a whole number of seconds, at least ${min}.`)
}

/** The value may hold a password, so it is not shown. */
function readAddress(env: Env, name: string, protocols: RegExp, expected: string): string | undefined {
  const text = env[name]
  if (!text) return undefined
  if (URL.canParse(text) && protocols.test(new URL(text).protocol)) return text
  throwOptionsError(`${name} is no address that can be used; it takes ${expected}.`)
}

function readBoolean(env: Env, name: string): boolean | undefined {
  const text = env[name]
  if (!text) return undefined
  if (/^(true|1|yes)$/i.test(text)) return true
  if (/^(false|0|no)$/i.test(text)) return false
  throwOptionsError(`${name} is ${JSON.stringify(text)}; it takes true or false.`)
}

function readSameSite(env: Env): CookieOptions['sameSite'] {
  const text = env['SESSION_COOKIE_SAMESITE']
  if (!text) return undefined
  const lower = text.toLowerCase()
  if (lower === 'strict' || lower === 'lax' || lower === 'none') return lower
  throwOptionsError(`SESSION_COOKIE_SAMESITE is ${JSON.stringify(text)}; it takes Strict, Lax or None.`)
}

/** One member, or none: what is not set leaves its default to `createSessions`. */
function includeIfSet<Name extends string, Value>(name: Name, value: Value | undefined): { [Each in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Each in Name]?: Value }
}

function throwOptionsError(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}
