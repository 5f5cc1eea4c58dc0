import { parseArgs } from 'node:util'
import { Refusal } from './command-error.ts'

/** What the application is, and what it reads of its environment. */
export const help = `Organizer, an application for people who organise events. It runs until Ctrl+C.

  npm start                    http://127.0.0.1:5000, or the next port that is free, with a demo account
  npm start -- --help          this
  npm run people -- --help     who may sign in

All else is in the environment, or in a file .env:

  PORT, HOST                   where it listens: 5000, or the next port that is free, and 127.0.0.1
  DATA_DIR                     the folder of what it keeps in files: .data
  DATABASE_URL                 a Postgres for people and events: postgres://HOST:PORT/NAME
  SECRET_KEY                   what seals or signs its sessions; in development, one that is made once
  SECRET_KEY_FALLBACKS         former keys, that still open what they sealed
  SESSION_TYPE                 where sessions are kept: sqlite (the default, in DATA_DIR), redis, postgres (in
                               DATABASE_URL), cookie, flask (Flask's own, shared with a Flask application of the same
                               SECRET_KEY), or flask-redis (Flask-Session's in Redis, shared likewise)
  REDIS_URL                    for SESSION_TYPE=redis and flask-redis: redis://127.0.0.1:6379
  SESSION_UNCONFIRMED_FOR      for how long people go on while the session store does not answer: 600 seconds
  SESSION_COOKIE_NAME, _DOMAIN, _PATH, _SECURE, _HTTPONLY, _SAMESITE, _PARTITIONED
                               attributes of its cookies
  PERMANENT_SESSION_LIFETIME   after how long without use a sign-in ends: 604800 seconds
  SESSION_ABSOLUTE_LIFETIME    after how long it ends in any case: 2592000 seconds
  TRUST_PROXY                  how many proxies in front of it are trusted to say who called: 0
  NODE_ENV                     production: no demo account, Secure cookies, a log in JSON`

/** Whether the command line asks for help. @throws `Refusal` where it asks for anything else */
export function asksForHelp(args: string[]): boolean {
  const { values, positionals } = parse(args)
  if (values.help) return true
  if (positionals.length > 0) throw new Refusal(`${positionals[0]} is one word too many. See npm start -- --help`, 2)
  return false
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } }, allowPositionals: true })
  } catch (error) {
    // What Node adds is about arguments that begin with a hyphen, which there are none of.
    const [message] = (error as Error).message.split('. ')
    throw new Refusal(`${message}. See npm start -- --help`, 2)
  }
}
