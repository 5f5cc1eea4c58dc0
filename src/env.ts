import type { CookieOptions } from './cookies/cookie-options.ts'
import {
  readBoolean,
  readNumber,
  readSeconds,
  readServerUrl,
  readText,
  variableError,
  type Env,
} from './core/env-values.ts'
import { optionsError, SojournError } from './core/errors.ts'
import { readSecretsFromEnv } from './formats/secrets.ts'
import type { SessionsOptions } from './options.ts'

export { loadDevelopmentSecret } from './formats/development-secret.ts'

/** The result of {@link optionsFromEnv}: options for `createSessions`, and a function that closes what they opened. */
export type OptionsFromEnv = SessionsOptions & {
  /** Closes the store, if one was opened. Resolves when it is closed. Call it when the server stops. */
  close(): Promise<void>
}

/**
 * Reads the options of `createSessions` from the environment: `createSessions(await optionsFromEnv())`. The variables have
 * the names that Flask uses, so that a Flask application can share the `.env`. An empty variable counts as absent, except
 * `SESSION_KEY_PREFIX`.
 *
 * | variable | option |
 * |---|---|
 * | `SESSION_TYPE` | `cookie` (the default), the sealed cookie; `flask`, Flask's own cookie: `format`; `sqlite`, `redis` (or Valkey) or `postgres`: `store`; `flask-redis`, Flask-Session's records in Redis: `format` and `store` |
 * | `DATA_DIR` | with `sqlite`, the folder of the file `sessions.db`; default `.data` |
 * | `REDIS_URL` | with `redis` and `flask-redis`, the server; default `redis://127.0.0.1:6379` |
 * | `SESSION_KEY_PREFIX`, `SESSION_SERIALIZATION_FORMAT`, `SESSION_ID_LENGTH`, `SESSION_USE_SIGNER` | with `flask-redis`, as in Flask-Session; the signer requires `SECRET_KEY`, and an empty prefix requires the signer |
 * | `SESSION_PERMANENT` | with `flask-redis`, `remember` |
 * | `DATABASE_URL` | with `postgres`, the server; the table is created if it is missing |
 * | `SESSION_UNCONFIRMED_FOR` | `unconfirmedFor`, in seconds; 0 turns it off |
 * | `SECRET_KEY`, `SECRET_KEY_FALLBACKS` | `secrets`, or the keys of the format; the fallbacks are a JSON array or separated by commas |
 * | `PERMANENT_SESSION_LIFETIME` | `idleTimeout`, in seconds |
 * | `SESSION_ABSOLUTE_LIFETIME` | `absoluteTimeout`, in seconds; ignored with `flask` and `flask-redis` |
 * | `SESSION_REFRESH_EACH_REQUEST` | if true, `touchAfter` is 0 |
 * | `SESSION_COOKIE_NAME`, `_DOMAIN`, `_PATH`, `_SECURE`, `_HTTPONLY`, `_SAMESITE`, `_PARTITIONED` | `cookie` |
 *
 * @param env the variables; default `process.env`
 * @throws `ERR_OPTIONS` with the variable and its valid values; `ERR_STORE_CLIENT` if no driver is installed;
 * `ERR_SECRET_MISSING`; with `flask` and `flask-redis` `ERR_SECRET_WEAK`; with `postgres` the driver's error, if the table
 * cannot be created
 */
export async function optionsFromEnv(env: Env = process.env): Promise<OptionsFromEnv> {
  const cookie = readCookieVariables(env)
  const secrets = readSecretsFromEnv(env)
  const variables: SessionsOptions = {
    idleTimeout: readSeconds(env, 'PERMANENT_SESSION_LIFETIME'),
    absoluteTimeout: readSeconds(env, 'SESSION_ABSOLUTE_LIFETIME'),
    unconfirmedFor: readSeconds(env, 'SESSION_UNCONFIRMED_FOR', 0),
    touchAfter: readBoolean(env, 'SESSION_REFRESH_EACH_REQUEST') === true ? 0 : undefined,
    cookie: Object.keys(cookie).length === 0 ? undefined : cookie,
  }
  // Open the backend last, because an invalid variable must not leave a connection open.
  const { close, ...backend } = await openBackend(env, secrets)
  const options = omitUndefined({ ...variables, ...backend })
  // Not enumerable, because createSessions rejects an unknown option. `const { close, ...options }` works nevertheless.
  return Object.defineProperty(options, 'close', { value: async () => close?.() }) as OptionsFromEnv
}

/** The options that depend on `SESSION_TYPE`. */
interface Backend extends Pick<SessionsOptions, 'secrets' | 'format' | 'store' | 'remember'> {
  readonly close?: () => Promise<void> | void
}

type Secrets = readonly string[] | null

async function openBackend(env: Env, secrets: Secrets): Promise<Backend> {
  const type = readText(env, 'SESSION_TYPE') ?? 'cookie'
  switch (type) {
    case 'cookie':
      return { secrets: secrets ?? undefined }
    case 'flask':
      return openFlaskBackend(secrets)
    case 'flask-redis':
      return openFlaskRedisBackend(env, secrets)
    case 'sqlite':
      return { secrets: secrets ?? undefined, ...(await openSqliteBackend(env)) }
    case 'redis':
      return { secrets: secrets ?? undefined, ...(await openRedisBackend(env)) }
    case 'postgres':
      return { secrets: secrets ?? undefined, ...(await openPostgresBackend(env)) }
    default:
      throw optionsError(
        `Unknown SESSION_TYPE ${JSON.stringify(type)}. Use cookie, sqlite, redis, postgres, flask (Flask's own cookie) or flask-redis (Flask-Session in Redis).`,
      )
  }
}

async function openFlaskBackend(secrets: Secrets): Promise<Backend> {
  if (secrets === null) {
    throw new SojournError(
      'ERR_SECRET_MISSING',
      'SESSION_TYPE=flask requires SECRET_KEY: exactly the one of the Flask application.',
    )
  }
  const [secretKey, ...secretKeyFallbacks] = secrets
  const { flaskFormat } = await import('./flask/cookie-format.ts')
  return { format: flaskFormat({ secretKey, secretKeyFallbacks }) }
}

async function openFlaskRedisBackend(env: Env, secrets: Secrets): Promise<Backend> {
  const [secretKey, ...secretKeyFallbacks] = secrets ?? []
  const serialization = readText(env, 'SESSION_SERIALIZATION_FORMAT')
  if (serialization !== undefined && serialization !== 'msgpack' && serialization !== 'json')
    throw variableError('SESSION_SERIALIZATION_FORMAT', 'msgpack or json', serialization)
  const idLength = readNumber(env, 'SESSION_ID_LENGTH', { unit: 'random bytes', min: 16, max: 96 })
  const useSigner = readBoolean(env, 'SESSION_USE_SIGNER')
  // An empty prefix is valid, as in Flask: with another prefix, neither side would find the other's sessions.
  const keyPrefix = env['SESSION_KEY_PREFIX']
  if (keyPrefix === '' && useSigner !== true)
    throw optionsError(
      'SESSION_KEY_PREFIX is empty, so a cookie could name any key in Redis. Set a prefix, remove the variable to use session:, or set SESSION_USE_SIGNER.',
    )
  const remember = readBoolean(env, 'SESSION_PERMANENT')
  const url = await readRedisUrl(env)
  const { flaskSession } = await import('./flask/session-store.ts')
  const { format, store } = flaskSession(url, {
    secretKey,
    secretKeyFallbacks,
    useSigner,
    keyPrefix,
    serialization,
    idLength,
  })
  return { format, store, remember, close: store.close }
}

async function openSqliteBackend(env: Env): Promise<Backend> {
  const [{ openSqlite }, { sqliteStore }] = await Promise.all([
    import('./stores/sqlite/open.ts'),
    import('./stores/sqlite/store.ts'),
  ])
  const db = await openSqlite(`${readText(env, 'DATA_DIR') ?? '.data'}/sessions.db`)
  return { store: sqliteStore(db), close: () => void db.close() }
}

async function openRedisBackend(env: Env): Promise<Backend> {
  const { redisStore } = await import('./stores/redis/store.ts')
  const store = redisStore(await readRedisUrl(env))
  return { store, close: store.close }
}

/** Also checks that there is a client, because the store itself loads it on the first request. */
async function readRedisUrl(env: Env): Promise<string> {
  const url = readServerUrl(env, 'REDIS_URL', /^rediss?:$/, 'redis://HOST:PORT, or rediss:// for TLS')
  const { checkRedisClient } = await import('./stores/redis/connection/check-client.ts')
  await checkRedisClient()
  return url ?? 'redis://127.0.0.1:6379'
}

async function openPostgresBackend(env: Env): Promise<Backend> {
  const example = 'postgres://USER:PASSWORD@HOST:PORT/DATABASE'
  const url = readServerUrl(env, 'DATABASE_URL', /^postgres(ql)?:$/, example)
  if (url === undefined) throw optionsError(`SESSION_TYPE=postgres requires DATABASE_URL, such as ${example}.`)
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

function readCookieVariables(env: Env): CookieOptions {
  return omitUndefined({
    name: readText(env, 'SESSION_COOKIE_NAME'),
    domain: readText(env, 'SESSION_COOKIE_DOMAIN'),
    path: readText(env, 'SESSION_COOKIE_PATH'),
    secure: readBoolean(env, 'SESSION_COOKIE_SECURE'),
    httpOnly: readBoolean(env, 'SESSION_COOKIE_HTTPONLY'),
    sameSite: readSameSite(env),
    partitioned: readBoolean(env, 'SESSION_COOKIE_PARTITIONED'),
  })
}

function readSameSite(env: Env): CookieOptions['sameSite'] {
  const text = readText(env, 'SESSION_COOKIE_SAMESITE')
  const value = text?.toLowerCase()
  if (value === undefined || value === 'strict' || value === 'lax' || value === 'none') return value
  throw variableError('SESSION_COOKIE_SAMESITE', 'Strict, Lax or None', text!)
}

const omitUndefined = <Value extends object>(object: Value): Value =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Value
