import { parseArgs } from 'node:util'
import { CommandError } from './command-error.ts'

/** The text of `npm start -- --help`. */
export const help = `Organizer, an application for planning events. It runs until you press Ctrl+C.

  npm start                    serves http://127.0.0.1:5000, or the next free port, with a demo account
  npm start -- --help          shows this help
  npm run people -- --help     lists, adds and removes the people who may sign in

All settings are environment variables. They may also be in a file .env:

  PORT, HOST                   the address to listen on: 5000, or the next free port, and 127.0.0.1
  DATA_DIR                     the folder for data files: .data
  DATABASE_URL                 a Postgres for people and events: postgres://HOST:PORT/NAME
  SECRET_KEY                   the key that seals or signs sessions; development creates one if it is not set
  SECRET_KEY_FALLBACKS         former keys, which still open the sessions that they sealed
  SESSION_TYPE                 where sessions are stored: sqlite (the default, in DATA_DIR), redis, postgres (in
                               DATABASE_URL), cookie, flask (Flask's cookie, shared with a Flask application that
                               has the same SECRET_KEY), or flask-redis (Flask-Session's records in Redis, shared too)
  REDIS_URL                    for SESSION_TYPE=redis and flask-redis: redis://127.0.0.1:6379
  SESSION_UNCONFIRMED_FOR      how long users stay signed in while the session store is down: 600 seconds
  SESSION_COOKIE_NAME, _DOMAIN, _PATH, _SECURE, _HTTPONLY, _SAMESITE, _PARTITIONED
                               attributes of the session cookies
  PERMANENT_SESSION_LIFETIME   how long an unused session lasts: 604800 seconds
  SESSION_ABSOLUTE_LIFETIME    how long a session lasts at most: 2592000 seconds
  TRUST_PROXY                  how many proxies in front may set X-Forwarded-For and -Proto: 0
  NODE_ENV                     production: no demo account, Secure cookies, a log in JSON
  DEBUG                        logs the stack of a store outage, which is one line otherwise`

/** Whether the command line asks for help. @throws `CommandError` if it has any other argument */
export function isHelpRequest(args: string[]): boolean {
  const { values, positionals } = parseOptions(args)
  if (values.help) return true
  if (positionals.length > 0)
    throw new CommandError(`Unexpected argument ${positionals[0]}. See npm start -- --help`, 2)
  return false
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } }, allowPositionals: true })
  } catch (error) {
    // Node's second sentence is about arguments that begin with a hyphen. We have none.
    const [message] = (error as Error).message.split('. ')
    throw new CommandError(`${message}. See npm start -- --help`, 2)
  }
}
