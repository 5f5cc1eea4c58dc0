import { join } from 'node:path'
import { styleText } from 'node:util'
import { demoAccount, hasInitialDemoPassword } from '../data/demo.ts'
import type { People } from '../data/people.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import { serverAddress } from './server-address.ts'

interface WelcomeOptions {
  readonly config: Config
  readonly port: number
  /** `null` if the key comes from the environment. */
  readonly developmentKeyFile: string | null
  readonly people: People
  readonly log: Log
}

/** Prints the application's address, and what its operator needs next. */
export async function printWelcome({ config, port, developmentKeyFile, people, log }: WelcomeOptions): Promise<void> {
  const url = `http://${displayHost(config.host)}:${port}`
  const hasNoPeople = (await people.list()).length === 0
  const addCommand = 'npm run people -- add --email you@example.com'
  const isOtherPort = port !== config.port && config.port !== 0
  const portNote = `${config.port} is used by another program, so Organizer uses ${port}`
  if (config.production) {
    log.info('Organizer is running', { url, data: describeData(config), sessions: config.sessionType })
    if (isOtherPort) log.info(`Port ${portNote}`)
    if (hasNoPeople) log.info(`There are no accounts yet. Add a person: ${addCommand}`)
    return
  }
  const demo = await people.findByEmail(demoAccount.email)
  const rows = [
    [
      'Sign in',
      demo?.demo && (await hasInitialDemoPassword(people))
        ? `${demoAccount.email} / ${demoAccount.password}`
        : `with your own account, or add one: ${addCommand}`,
    ],
    ['Data', describeData(config)],
    ['Sessions', describeSessions(config)],
    [
      'Key',
      developmentKeyFile === null
        ? 'SECRET_KEY from the environment'
        : `${developmentKeyFile} (created once, for development only)`,
    ],
    ...(isOtherPort ? [['Port', portNote]] : []),
  ]
  console.log(`\n${colorize('bold', 'Organizer is running:')} ${colorize('green', url)}     (Ctrl+C stops it)`)
  for (const [name = '', text] of rows) console.log(`  ${name.padEnd(9)}${text}`)
  console.log()
}

function describeData({ production, dataDir, databaseUrl }: Config): string {
  if (databaseUrl !== null) return `Postgres at ${serverAddress(databaseUrl)}`
  return production ? dataDir : `${dataDir} (SQLite; delete the folder to start over)`
}

function describeSessions({ sessionType, dataDir, databaseUrl, redisUrl }: Config): string {
  if (sessionType === 'redis') return `${describeRedis(redisUrl)} (SESSION_TYPE=redis)`
  if (sessionType === 'postgres' && databaseUrl !== null)
    return `Postgres at ${serverAddress(databaseUrl)} (SESSION_TYPE=postgres)`
  if (sessionType === 'flask')
    return "in Flask's cookie, shared with a Flask application that has the same SECRET_KEY (SESSION_TYPE=flask)"
  if (sessionType === 'flask-redis')
    return `Flask-Session's, in ${describeRedis(redisUrl)}, shared with a Flask application (SESSION_TYPE=flask-redis)`
  if (sessionType === 'cookie') return 'in a sealed cookie, without a list of devices (SESSION_TYPE=cookie)'
  return `${join(dataDir, 'sessions.db')} (set SESSION_TYPE=flask to share them with a Flask application)`
}

function displayHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function describeRedis(url: string): string {
  const database = new URL(url).pathname.slice(1)
  return `Redis at ${serverAddress(url)}${database && `, database ${database}`}`
}

/** Adds colour on a terminal that supports it, unless `NO_COLOR` is set. */
function colorize(format: 'bold' | 'green', text: string): string {
  const hasColors = process.stdout.isTTY && !process.env.NO_COLOR && process.stdout.hasColors()
  // In Node 20, styleText does not check where the text goes.
  return hasColors ? styleText(format, text) : text
}
