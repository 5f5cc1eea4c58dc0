import { join } from 'node:path'
import { createSessions, type SessionEvent, type Sessions, type SessionStore, SojournError } from 'sojourn'
import { optionsFromEnv } from 'sojourn/env'
import { type Config, hasStore } from './config.ts'
import { notToBeHad, saying } from './outage.ts'
import { opening } from './open-data-file.ts'
import { serverOf } from './server-address.ts'
import { askOnce, untilAnswered, type Wait } from './wait-for-redis.ts'
import type { StoreState } from './store-state.ts'

/** For how long a session store may say nothing, when the application starts; milliseconds. */
const patience = 2000

interface Told {
  onEvent(event: SessionEvent): void
  /** Says something to whoever has started the application. */
  say(line: string): void
  readonly storeState: Pick<StoreState, 'note'>
}

interface Opened {
  readonly sessions: Sessions
  /** For when the last request is answered. */
  close(): Promise<void>
}

/**
 * Opens the sessions where the configuration says that they are kept; all else about them is in `env`. A Redis that does not
 * answer is waited for meanwhile, since most people go on without it.
 *
 * @throws `ConfigError` where their file cannot be opened, their Redis refuses us, or their Postgres cannot be had
 */
export async function openSessions(
  config: Config,
  env: Record<string, string | undefined>,
  { onEvent, say, storeState }: Told,
): Promise<Opened> {
  const { sessionType, idleTimeout, absoluteTimeout, unconfirmedFor } = config
  const { close, ...options } = await optionsFrom(config, {
    ...env,
    SESSION_TYPE: sessionType,
    DATA_DIR: config.dataDir,
    REDIS_URL: config.redisUrl,
    // Without a store it is said only where somebody said so.
    ...(hasStore(config) && { SESSION_UNCONFIRMED_FOR: String(unconfirmedFor) }),
  })
  const closing = new AbortController()

  async function closeAll(): Promise<void> {
    closing.abort()
    await close()
  }

  async function meetRedis(store: SessionStore): Promise<void> {
    const server = `Redis at ${serverOf(config.redisUrl)}`
    const wait = { ask: () => store.read('start'), patience, signal: closing.signal }
    const error = await askOnce(wait).catch((refusal: unknown) => {
      throw notToBeHad(server, 'REDIS_URL', refusal)
    })
    if (error === null) return
    const meanwhile =
      sessionType === 'redis' && unconfirmedFor > 0
        ? 'whoever is signed in goes on where their cookie has a copy, and nobody can sign in'
        : 'all who come are asked to come back'
    say(`${server} does not answer yet (${saying(error)}). Until it does, ${meanwhile}.`)
    storeState.note({ type: 'store-down' })
    void tellBack(server, wait)
  }

  async function tellBack(server: string, wait: Wait): Promise<void> {
    if (!(await untilAnswered(wait))) return
    storeState.note({ type: 'store-up' })
    say(`${server} answers now.`)
  }

  try {
    const sessions = createSessions({ ...options, idleTimeout, absoluteTimeout, onEvent })
    if (sessionType === 'redis' || sessionType === 'flask-redis') await meetRedis(options.store!)
    return { sessions, close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function optionsFrom(config: Config, env: Record<string, string | undefined>) {
  if (config.sessionType === 'sqlite') return opening(join(config.dataDir, 'sessions.db'), () => optionsFromEnv(env))
  return optionsFromEnv(env).catch((error: unknown) => {
    const { sessionType, databaseUrl } = config
    if (error instanceof SojournError || sessionType !== 'postgres' || databaseUrl === null) throw error
    throw notToBeHad(`Postgres at ${serverOf(databaseUrl)}`, 'DATABASE_URL', error)
  })
}
