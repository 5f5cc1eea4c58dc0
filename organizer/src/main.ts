import { createAdaptorServer } from '@hono/node-server'
import { join } from 'node:path'
import { createSessions, SojournError } from 'sojourn'
import { optionsFromEnv } from 'sojourn/env'
import { createApp } from './app.tsx'
import { dateOf } from './clock.ts'
import { type Config, ConfigError, loadEnvFile, readConfig } from './config.ts'
import { openDb } from './data/db.ts'
import { makeDemo } from './data/demo.ts'
import { createEvents } from './data/events.ts'
import { createPeople } from './data/people.ts'
import { developmentKey } from './development-key.ts'
import { createSignInLimits } from './limits.ts'
import { listen } from './listen.ts'
import { createLog } from './log.ts'
import { createPasswords } from './passwords.ts'
import { logSessions } from './session-log.ts'
import { stopOnSignal } from './stop.ts'
import { welcome } from './welcome.ts'

try {
  loadEnvFile()
  await start(readConfig(process.env))
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof SojournError)) throw error
  console.error(`Organizer did not start. ${error.message}`)
  process.exitCode = 1
}

async function start(config: Config): Promise<void> {
  const log = createLog({ json: config.production })
  const ownKey = !config.production && !process.env.SECRET_KEY && !process.env.SECRET_KEY_FALLBACKS
  const key = ownKey ? { SECRET_KEY: developmentKey(config.dataDir, log.info) } : {}
  const { close, ...options } = await optionsFromEnv({ ...process.env, ...key })
  const sessions = createSessions({
    ...options,
    idleTimeout: config.idleTimeout,
    absoluteTimeout: config.absoluteTimeout,
    onEvent: logSessions(log),
  })
  const db = await openDb(join(config.dataDir, 'organizer.db'))
  const people = createPeople(db, { withDemo: !config.production })
  const events = createEvents(db)
  const passwords = await createPasswords()
  if (!config.production) await makeDemo(people, events, passwords, dateOf(Date.now()))

  const app = createApp({
    config,
    sessions,
    people,
    events,
    passwords,
    limits: createSignInLimits(),
    log,
    now: Date.now,
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  const port = await listen(server, config).catch((error) => {
    db.close()
    throw error
  })
  stopOnSignal(server, async () => {
    await close()
    db.close()
  })
  welcome({ config, port, ownKey, people, log })
}
