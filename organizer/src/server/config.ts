/** The application's own settings. `openSessions` reads those of its sessions. */
export interface Config {
  readonly production: boolean
  readonly host: string
  readonly port: number
  /** Whether `PORT` is set: if so, no other port may be used. */
  readonly isPortFixed: boolean
  /** How many proxies in front of the application may set `X-Forwarded-For` and `X-Forwarded-Proto`. */
  readonly trustProxy: number
  readonly dataDir: string
  /** The Postgres for people and events; `null` for a SQLite file in `dataDir`. It may contain a password. */
  readonly databaseUrl: string | null
  /** The session store: `sqlite`, `redis`, `postgres`, `cookie`, `flask` or `flask-redis`. */
  readonly sessionType: string
  /** The Redis or Valkey for sessions. It may contain a password. */
  readonly redisUrl: string
}

/** A setting with which the application cannot start. Its message is for the person who starts it. */
export class ConfigError extends Error {}

/** Loads the file `.env` of the working directory, if there is one. Variables that are set already win. */
export function loadEnvFile(): void {
  try {
    process.loadEnvFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new ConfigError(`The file .env cannot be read: ${(error as Error).message}`)
  }
}

/** Reads the environment. @throws `ConfigError` naming the variable and its allowed values */
export function readConfig(env: Record<string, string | undefined>): Config {
  return {
    production: env.NODE_ENV === 'production',
    host: env.HOST || '127.0.0.1',
    port: readInteger(env, 'PORT', { fallback: 5000, max: 65_535 }),
    isPortFixed: Boolean(env.PORT),
    trustProxy: readInteger(env, 'TRUST_PROXY', { fallback: 0, max: 16 }),
    dataDir: env.DATA_DIR || '.data',
    databaseUrl: readUrl(env, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    sessionType: env.SESSION_TYPE || 'sqlite',
    redisUrl: readUrl(env, 'REDIS_URL', ['redis:', 'rediss:']) ?? 'redis://127.0.0.1:6379',
  }
}

type Env = Record<string, string | undefined>

function readInteger(env: Env, name: string, { fallback, max }: { fallback: number; max: number }): number {
  const text = env[name]
  if (!text) return fallback
  if (/^\d{1,9}$/.test(text) && Number(text) <= max) return Number(text)
  throw new ConfigError(`${name} is ${JSON.stringify(text)}. Use a whole number from 0 to ${max}.`)
}

function readUrl(env: Env, name: string, protocols: readonly string[]): string | null {
  const text = env[name]
  if (!text) return null
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text
  // The message leaves the value out, because it may contain a password.
  throw new ConfigError(
    `${name} is not a server address. Use ${protocols.map((protocol) => `${protocol}//HOST:PORT`).join(' or ')}.`,
  )
}
