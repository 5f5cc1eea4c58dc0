/** How the application is set up, from the environment. */
export interface Config {
  readonly production: boolean
  readonly host: string
  readonly port: number
  /** Whether `PORT` was given: then no other port will do. */
  readonly portGiven: boolean
  /** How many proxies in front of the application are trusted to say who called, and by which protocol. */
  readonly trustProxy: number
  readonly dataDir: string
  /** Where people and events are kept, and sessions too where they are to be in Postgres; `null` for files in the data folder. It may hold a password. */
  readonly databaseUrl: string | null
  /** Where sessions are kept: `sqlite`, a file in the data folder; `redis`; `postgres`; `cookie`; `flask`; or `flask-redis`. */
  readonly sessionType: string
  /** Where Redis or Valkey is, for sessions that are kept there. It may hold a password. */
  readonly redisUrl: string
  /** For how long a sign-in goes on from its cookie while the session store does not answer, in seconds; 0 for not at all. Of use where there is a store. */
  readonly unconfirmedFor: number
  /** Seconds. */
  readonly idleTimeout: number
  /** Seconds. */
  readonly absoluteTimeout: number
}

/** Something in the environment that the application cannot start with. The message is for whoever starts it. */
export class ConfigError extends Error {}

const day = 86_400

/** Takes up what a file `.env` in the working directory says, where the environment itself says nothing. */
export function loadEnvFile(): void {
  try {
    process.loadEnvFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new ConfigError(`The file .env cannot be read: ${(error as Error).message}`)
  }
}

/** Reads the environment. @throws `ConfigError` naming the variable and what it takes */
export function readConfig(env: Record<string, string | undefined>): Config {
  const production = env.NODE_ENV === 'production'
  return {
    production,
    host: env.HOST || '127.0.0.1',
    port: whole(env, 'PORT', 5000, 0, 65_535),
    portGiven: Boolean(env.PORT),
    trustProxy: whole(env, 'TRUST_PROXY', 0, 0, 16),
    dataDir: env.DATA_DIR || '.data',
    databaseUrl: address(env, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    sessionType: env.SESSION_TYPE || 'sqlite',
    redisUrl: address(env, 'REDIS_URL', ['redis:', 'rediss:']) ?? 'redis://127.0.0.1:6379',
    unconfirmedFor: whole(env, 'SESSION_UNCONFIRMED_FOR', 600, 0, 400 * day),
    idleTimeout: whole(env, 'PERMANENT_SESSION_LIFETIME', 7 * day, 1, 400 * day),
    absoluteTimeout: whole(env, 'SESSION_ABSOLUTE_LIFETIME', 30 * day, 1, 400 * day),
  }
}

/** Whether sessions are kept in a store, beside cookies that can hold a copy of them. */
export function hasStore({ sessionType }: Pick<Config, 'sessionType'>): boolean {
  return sessionType !== 'cookie' && sessionType !== 'flask' && sessionType !== 'flask-redis'
}

function whole(env: Record<string, string | undefined>, name: string, fallback: number, min: number, max: number) {
  const text = env[name]
  if (!text) return fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max) return value
  const unit = /LIFETIME$|_FOR$/.test(name) ? ' of seconds' : ''
  throw new ConfigError(`${name} is ${JSON.stringify(text)}; it takes a whole number${unit} from ${min} to ${max}.`)
}

/** The value may hold a password, so it is not shown. */
function address(env: Record<string, string | undefined>, name: string, protocols: readonly string[]): string | null {
  const text = env[name]
  if (!text) return null
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text
  throw new ConfigError(
    `${name} is no address of a server; it takes ${protocols.map((each) => `${each}//HOST:PORT`).join(' or ')}.`,
  )
}
