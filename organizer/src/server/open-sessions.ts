import { join } from 'node:path'
import { createSessions, type SessionEvent, type Sessions, type SessionStore, SojournError } from 'sojourn'
import { optionsFromEnv } from 'sojourn/env'
import type { Lifetimes } from '../session-end.ts'
import type { Config } from './config.ts'
import { openDataFile } from './open-data-file.ts'
import { errorText, startError } from './outage.ts'
import { serverAddress } from './server-address.ts'
import type { StoreState } from './store-state.ts'
import { checkRedis, waitForRedis } from './wait-for-redis.ts'

const day = 86_400 // seconds

/** How often a session records its use, in seconds, so that the list of devices can say “2 minutes ago”. */
const touchAfter = 60

interface OpenSessionsOptions {
  onEvent(event: SessionEvent): void
  /** Prints an outage for the person who starts the application. */
  report(message: string): void
  readonly storeState: Pick<StoreState, 'update'>
}

interface OpenedSessions {
  readonly sessions: Sessions
  readonly lifetimes: Lifetimes
  /** Closes the store. Call it after the last response. */
  close(): Promise<void>
}

/**
 * Opens the sessions with the settings in `env`. If Redis does not answer, the application starts without it, because
 * most users can continue with the copy in their cookie.
 *
 * @throws `ConfigError` if the session file cannot be opened, Redis refuses, or Postgres cannot be used
 */
export async function openSessions(
  config: Config,
  env: Record<string, string | undefined>,
  { onEvent, report, storeState }: OpenSessionsOptions,
): Promise<OpenedSessions> {
  const { close, ...options } = await readOptions(config, env)
  const { idleTimeout = 7 * day, absoluteTimeout = 30 * day, store, format } = options
  // With a store, Sojourn's own cookie holds a copy of the session. Flask's cookies cannot.
  const { unconfirmedFor = store && !format ? 600 : 0 } = options
  const closing = new AbortController()

  async function closeAll(): Promise<void> {
    closing.abort()
    await close()
  }

  async function awaitRedis(store: SessionStore): Promise<void> {
    const server = `Redis at ${serverAddress(config.redisUrl)}`
    const outage = await checkRedis(store, closing.signal).catch((error: unknown) => {
      throw startError(server, 'REDIS_URL', error)
    })
    if (outage === null) return
    const effect =
      unconfirmedFor > 0
        ? 'users stay signed in if their cookie has a copy of the session, and sign-ins fail'
        : 'pages ask users to come back later'
    report(`${server} does not answer yet (${errorText(outage)}). Until it does, ${effect}.`)
    storeState.update({ type: 'store-down' })
    void reportRecovery(server, store)
  }

  async function reportRecovery(server: string, store: SessionStore): Promise<void> {
    if (!(await waitForRedis(store, closing.signal))) return
    storeState.update({ type: 'store-up' })
    report(`${server} answers now.`)
  }

  try {
    const lifetimes = { idleTimeout, absoluteTimeout }
    const sessions = createSessions({
      ...options,
      ...lifetimes,
      unconfirmedFor,
      onEvent,
      ...(store && { touchAfter: Math.min(touchAfter, idleTimeout / 20) }),
    })
    if (store && /^(flask-)?redis$/.test(config.sessionType)) await awaitRedis(store)
    return { sessions, lifetimes, close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function readOptions(
  { sessionType, dataDir, redisUrl, databaseUrl }: Config,
  env: Record<string, string | undefined>,
) {
  const read = () => optionsFromEnv({ ...env, SESSION_TYPE: sessionType, DATA_DIR: dataDir, REDIS_URL: redisUrl })
  if (sessionType === 'sqlite') return openDataFile(join(dataDir, 'sessions.db'), read)
  return read().catch((error: unknown) => {
    if (error instanceof SojournError || sessionType !== 'postgres' || databaseUrl === null) throw error
    throw startError(`Postgres at ${serverAddress(databaseUrl)}`, 'DATABASE_URL', error)
  })
}
