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
  /** Where sessions are kept: `sqlite`, a file in the data folder; `cookie`; or `flask`. */
  readonly sessionType: string
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
    sessionType: env.SESSION_TYPE || 'sqlite',
    idleTimeout: whole(env, 'PERMANENT_SESSION_LIFETIME', 7 * day, 1, 400 * day),
    absoluteTimeout: whole(env, 'SESSION_ABSOLUTE_LIFETIME', 30 * day, 1, 400 * day),
  }
}

function whole(env: Record<string, string | undefined>, name: string, fallback: number, min: number, max: number) {
  const text = env[name]
  if (!text) return fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max) return value
  const unit = name.endsWith('LIFETIME') ? ' of seconds' : ''
  throw new ConfigError(`${name} is ${JSON.stringify(text)}; it takes a whole number${unit} from ${min} to ${max}.`)
}
