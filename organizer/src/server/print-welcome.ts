import { join } from 'node:path'
import { styleText } from 'node:util'
import type { Config } from './config.ts'
import { demo, isDemoOpen } from '../data/demo.ts'
import type { People } from '../data/people.ts'
import { serverOf } from './server-address.ts'
import { keyFile } from './development-key.ts'
import type { Log } from './log.ts'

interface Start {
  readonly config: Config
  readonly port: number
  /** Whether sessions are sealed or signed with the key of development. */
  readonly ownKey: boolean
  readonly people: People
  readonly log: Log
}

/** Says where the application is found, and what else somebody who has just started it wants to know. */
export async function welcome({ config, port, ownKey, people, log }: Start): Promise<void> {
  const url = `http://${shown(config.host)}:${port}`
  const nobody = (await people.all()).length === 0
  const add = 'npm run people -- add --email you@example.com'
  const moved =
    port === config.port || config.port === 0 ? null : `${config.port} is taken by another program, so this is ${port}`
  if (config.production) {
    log.info('Organizer is running', { url, data: dataIn(config), sessions: config.sessionType })
    if (moved !== null) log.info(`Port ${moved}`)
    if (nobody) log.info(`Nobody can sign in yet. Add somebody: ${add}`)
    return
  }
  const rows = [
    [
      'Sign in',
      (await people.byEmail(demo.email))?.demo && (await isDemoOpen(people))
        ? `${demo.email} / ${demo.password}`
        : `with an account of yours, or add one: ${add}`,
    ],
    ['Data', dataIn(config)],
    ['Sessions', keptIn(config)],
    ['Key', ownKey ? `${keyFile(config.dataDir)} (made once, for development only)` : 'SECRET_KEY of the environment'],
    ...(moved === null ? [] : [['Port', moved]]),
  ]
  console.log(`\n${painted('bold', 'Organizer is running:')} ${painted('green', url)}     (Ctrl+C stops it)`)
  for (const [name = '', text] of rows) console.log(`  ${name.padEnd(9)}${text}`)
  console.log()
}

function dataIn({ production, dataDir, databaseUrl }: Config): string {
  if (databaseUrl !== null) return `Postgres at ${serverOf(databaseUrl)}`
  return production ? dataDir : `${dataDir} (SQLite; delete the folder to start over)`
}

function keptIn({ sessionType, dataDir, databaseUrl, redisUrl }: Config): string {
  if (sessionType === 'redis') return `${redisAt(redisUrl)} (SESSION_TYPE=redis)`
  if (sessionType === 'postgres' && databaseUrl !== null)
    return `Postgres at ${serverOf(databaseUrl)} (SESSION_TYPE=postgres)`
  if (sessionType === 'flask')
    return "in Flask's cookie: a Flask application with the same SECRET_KEY shares them (SESSION_TYPE=flask)"
  if (sessionType === 'flask-redis')
    return `Flask-Session's, in ${redisAt(redisUrl)}: a Flask application shares them (SESSION_TYPE=flask-redis)`
  if (sessionType === 'cookie') return 'in a sealed cookie (SESSION_TYPE=cookie): devices are not listed'
  return `${join(dataDir, 'sessions.db')} (SESSION_TYPE=flask shares them with a Flask application instead)`
}

function shown(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function redisAt(url: string): string {
  const database = new URL(url).pathname.slice(1)
  return `Redis at ${serverOf(url)}${database && `, database ${database}`}`
}

/** In colour, for a terminal that has them, and not where `NO_COLOR` is set. */
function painted(format: 'bold' | 'green', text: string): string {
  const seen = process.stdout.isTTY && !process.env.NO_COLOR && process.stdout.hasColors()
  // styleText of Node 20 does not look where the text goes.
  return seen ? styleText(format, text) : text
}
