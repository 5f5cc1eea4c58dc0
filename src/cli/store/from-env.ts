import { readServerUrl, readText, type Env } from '../../core/env-values.ts'
import { optionsFromEnv } from '../../env.ts'
import { CommandError } from '../arguments.ts'
import { asUsageError } from '../keys.ts'
import { quoteForUser } from '../terminal.ts'
import { parseLocation } from './location.ts'
import type { LocationOptions, StoreLocation } from './types.ts'

/**
 * Returns the store that `SESSION_TYPE` and its variables name; `null` if sessions are in cookies only.
 *
 * @throws CommandError if a variable is not valid
 */
export function locationFromEnv(env: Env, options: LocationOptions): StoreLocation | null {
  const type = readText(env, 'SESSION_TYPE') ?? 'cookie'
  switch (type) {
    case 'cookie':
    case 'flask':
      return null
    case 'sqlite':
      return parseLocation(`sqlite:${readText(env, 'DATA_DIR') ?? '.data'}/sessions.db`, options)
    case 'redis':
      return parseLocation(readRedisUrl(env), options)
    case 'postgres':
      return parseLocation(readPostgresUrl(env), options)
    case 'flask-redis':
      return flaskLocation(env)
    default:
      throw new CommandError(
        2,
        `Unknown SESSION_TYPE ${quoteForUser(type)}. Use cookie, sqlite, redis, postgres, flask or flask-redis.`,
      )
  }
}

/** The address of Redis in `REDIS_URL`. @throws CommandError */
export const readRedisUrl = (env: Env): string =>
  asUsageError(() => readServerUrl(env, 'REDIS_URL', /^rediss?:$/, 'redis://HOST:PORT, or rediss:// for TLS')) ??
  'redis://127.0.0.1:6379'

function readPostgresUrl(env: Env): string {
  const example = 'postgres://USER:PASSWORD@HOST:PORT/DATABASE'
  const url = asUsageError(() => readServerUrl(env, 'DATABASE_URL', /^postgres(ql)?:$/, example))
  if (url === undefined) throw new CommandError(2, `SESSION_TYPE=postgres requires DATABASE_URL, such as ${example}.`)
  return url
}

function flaskLocation(env: Env): StoreLocation {
  const { hostname, port } = new URL(readRedisUrl(env))
  const name = `Flask-Session in redis://${hostname}:${port || 6379}`
  return {
    name,
    key: name,
    async open() {
      const { store, close } = await optionsFromEnv(env)
      return { store: store!, close }
    },
  }
}
