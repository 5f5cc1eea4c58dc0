import { createAdaptorServer } from '@hono/node-server'
import { SojournError } from 'sojourn'
import { createApp } from './app.tsx'
import { dateOf } from './dates.ts'
import { type Config, ConfigError, loadEnvFile, readConfig } from './server/config.ts'
import { makeDemo } from './data/demo.ts'
import { createEvents } from './data/events.ts'
import { openDb } from './data/open-db.ts'
import { opening } from './server/open-data-file.ts'
import { createPeople } from './data/people.ts'
import { developmentKey, keyFile } from './server/development-key.ts'
import { asksForHelp, help } from './server/help.ts'
import { createSignInLimits } from './server/sign-in-limits.ts'
import { listen } from './server/listen.ts'
import { createLog } from './server/log.ts'
import { openSessions } from './server/open-sessions.ts'
import { createPasswords } from './passwords.ts'
import { Refusal } from './server/command-error.ts'
import { logSessions } from './server/log-sessions.ts'
import { stopOnSignal } from './server/stop-on-signal.ts'
import { createStoreState } from './server/store-state.ts'
import { welcome } from './server/print-welcome.ts'

try {
  if (asksForHelp(process.argv.slice(2))) console.log(help)
  else {
    loadEnvFile()
    await start(readConfig(process.env))
  }
} catch (error) {
  const isRefusal = error instanceof Refusal
  if (!(isRefusal || error instanceof ConfigError || error instanceof SojournError)) throw error
  console.error(isRefusal ? error.message : `Organizer did not start. ${error.message}`)
  process.exitCode = isRefusal ? error.exitCode : 1
}

async function start(config: Config): Promise<void> {
  const log = createLog({ json: config.production })
  // In production each line of the log is JSON, also of what libraries have to say.
  if (config.production) console.warn = (...said: unknown[]) => log.info(said.join(' '))
  const ownKey = !config.production && !process.env.SECRET_KEY && !process.env.SECRET_KEY_FALLBACKS
  const { dataDir } = config
  const key = ownKey ? { SECRET_KEY: await opening(keyFile(dataDir), () => developmentKey(dataDir, log.info)) } : {}
  const storeState = createStoreState()
  const logSession = logSessions(log)
  const { sessions, close } = await openSessions(
    config,
    { ...process.env, ...key },
    {
      onEvent(event) {
        storeState.note(event)
        logSession(event)
      },
      say: log.info,
      storeState,
    },
  )
  const db = await openDb(config).catch(async (error) => {
    await close()
    throw error
  })
  const people = createPeople(db, { withDemo: !config.production })
  const events = createEvents(db)
  const passwords = await createPasswords()
  if (!config.production) await makeDemo(people, events, passwords, dateOf(Date.now()))

  const stopping = new AbortController()
  const app = createApp({
    config,
    sessions,
    storeState,
    people,
    events,
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
  stopOnSignal(server, () => stopping.abort(), closeAll)
  await welcome({ config, port, ownKey, people, log })

  async function closeAll(): Promise<void> {
    await close()
    await db.close()
  }
}
