import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { loadDevelopmentSecret } from 'sojourn/env'
import { createApp } from '../app.tsx'
import { createDemoAccount } from '../data/demo.ts'
import { createDeviceNames } from '../data/device-names.ts'
import { createEvents } from '../data/events.ts'
import { openDb } from '../data/open-db.ts'
import { createPeople } from '../data/people.ts'
import { localDate } from '../dates.ts'
import { createPasswords } from '../passwords.ts'
import type { Config } from './config.ts'
import { listen } from './listen.ts'
import { createLog, type Log } from './log.ts'
import { logSessions } from './log-sessions.ts'
import { openDataFile } from './open-data-file.ts'
import { openSessions } from './open-sessions.ts'
import { printWelcome } from './print-welcome.ts'
import { createSignInLimits } from './sign-in-limits.ts'
import { stopOnSignal } from './stop-on-signal.ts'
import { createStoreState } from './store-state.ts'

/** Opens the sessions and the database, and serves the application until a signal stops it. */
export async function startServer(config: Config): Promise<void> {
  const { production } = config
  const log = createLog({ json: production })
  // Warnings of libraries must be JSON too, like every line of the log in production.
  if (production) console.warn = (...messages: unknown[]) => log.info(messages.join(' '))

  const developmentKeyFile = findDevelopmentKeyFile(config)
  const env = { ...process.env, ...(await readDevelopmentKey(developmentKeyFile, log)) }
  const storeState = createStoreState()
  const logSession = logSessions(log)
  const { sessions, lifetimes, close } = await openSessions(config, env, {
    onEvent(event) {
      storeState.update(event)
      logSession(event)
    },
    report: log.info,
    storeState,
  })
  const db = await openDb(config).catch(async (error) => {
    await close()
    throw error
  })
  const people = createPeople(db, { withDemo: !production })
  const events = createEvents(db)
  const passwords = await createPasswords()
  if (!production) await createDemoAccount(people, events, passwords, localDate(Date.now()))

  const stopping = new AbortController()
  const app = createApp({
    config,
    sessions,
    lifetimes,
    storeState,
    people,
    events,
    deviceNames: createDeviceNames(db),
    passwords,
    limits: createSignInLimits(),
    log,
    now: Date.now,
    stopping: stopping.signal,
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  const port = await listen(server, config).catch(async (error) => {
    await closeAll()
    throw error
  })
  stopOnSignal(
    server,
    () => {
      log.info('Organizer is stopping')
      stopping.abort()
    },
    closeAll,
    () => log.info('Organizer has stopped'),
  )
  await printWelcome({ config, port, developmentKeyFile, people, log })

  async function closeAll(): Promise<void> {
    await close()
    await db.close()
  }
}

/** Returns the path of the development key; `null` in production, or if the environment has a key. */
function findDevelopmentKeyFile({ production, dataDir }: Config): string | null {
  if (production || process.env.SECRET_KEY || process.env.SECRET_KEY_FALLBACKS) return null
  return join(dataDir, 'development.key')
}

async function readDevelopmentKey(file: string | null, log: Log): Promise<{ SECRET_KEY?: string }> {
  if (file === null) return {}
  return { SECRET_KEY: await openDataFile(file, () => loadDevelopmentSecret(file, log.info)) }
}
