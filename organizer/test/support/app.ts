import { createSessions, type SessionEvent, type SessionsOptions } from 'sojourn'
import { flaskFormat } from 'sojourn/flask'
import { sqliteStore } from 'sojourn/sqlite'
import { createApp } from '../../src/app.tsx'
import type { Db } from '../../src/data/db.ts'
import { createDeviceNames } from '../../src/data/device-names.ts'
import { createEvents } from '../../src/data/events.ts'
import { createPeople } from '../../src/data/people.ts'
import { openSqlite, openSqliteDb } from '../../src/data/sqlite.ts'
import { createSignInLimits } from '../../src/server/sign-in-limits.ts'
import { createLog } from '../../src/server/log.ts'
import type { Dependencies } from '../../src/dependencies.ts'
import type { Passwords } from '../../src/passwords.ts'
import { logSessions } from '../../src/server/log-sessions.ts'
import { createStoreState } from '../../src/server/store-state.ts'
import { csrfOf, formOf } from './forms.ts'

export { csrfOf }

export const origin = 'http://localhost'
export const day = 86_400
export const ada = { email: 'ada@example.com', password: 'a difference engine' }
export const secret = 'a secret of these tests, 32 bytes or more'

/** A clock that stands still until a test advances it. */
export function stoppedClock() {
  let instant = Date.parse('2026-11-24T09:00:00Z')
  return { now: () => instant, advance: (seconds: number) => void (instant += seconds * 1000) }
}

/** Passwords with an instant hash, the default of `startApp`. The built program is tested with the real hash. */
export const quickPasswords: Passwords = {
  hash: async (password) => `of ${password}`,
  verify: async (passwordHash, password) => passwordHash === `of ${password}`,
}

/** Values of `SESSION_TYPE` that need no server. */
export const sessionTypes = ['sqlite', 'cookie', 'flask'] as const
export type SessionType = (typeof sessionTypes)[number] | 'flask-redis'

let defaultSessionType: SessionType = 'sqlite'

/** Sets the default session type of `startApp`. */
export function setDefaultSessionType(sessionType: SessionType): void {
  defaultSessionType = sessionType
}

/** Returns options for a session type; `flask-redis` has none without a server. With SQLite, each call creates a new database. */
export async function sessionOptionsFor(sessionType: SessionType): Promise<SessionsOptions> {
  if (sessionType === 'flask') return { format: flaskFormat({ secretKey: secret }) }
  if (sessionType === 'flask-redis') return {}
  if (sessionType === 'cookie') return { secrets: [secret] }
  return { secrets: [secret], store: sqliteStore(await openSqlite(':memory:')) }
}

interface Options {
  clock?: ReturnType<typeof stoppedClock>
  sessionType?: SessionType
  sessions?: SessionsOptions
  production?: boolean
  trustProxy?: number
  /** The database of people and events; a new SQLite database in memory by default. */
  db?: Db
  dependencies?: Partial<Dependencies>
}

/** Creates the application with one person, Ada, in a new database. */
export async function startApp({
  clock = stoppedClock(),
  sessionType = defaultSessionType,
  sessions,
  production = false,
  trustProxy = 0,
  db: givenDb,
  dependencies,
}: Options = {}) {
  const db = givenDb ?? (await openSqliteDb(':memory:'))
  const people = createPeople(db, { withDemo: !production, now: clock.now })
  const passwords = dependencies?.passwords ?? quickPasswords
  const person = (await people.add({
    email: ada.email,
    name: 'Ada Lovelace',
    passwordHash: await passwords.hash(ada.password),
  }))!
  const lines: string[] = []
  const log = createLog({ json: false, write: (line) => lines.push(line) })
  const storeState = createStoreState()
  const onEvent = (event: SessionEvent) => {
    storeState.update(event)
    logSessions(log)(event)
  }
  const all: Dependencies = {
    config: { production, trustProxy, sessionType },
    lifetimes: { idleTimeout: 7 * day, absoluteTimeout: 30 * day },
    sessions: createSessions({ ...(await sessionOptionsFor(sessionType)), now: clock.now, onEvent, ...sessions }),
    storeState,
    people,
    events: createEvents(db, { now: clock.now }),
    deviceNames: createDeviceNames(db),
    passwords,
    limits: createSignInLimits(),
    log,
    now: clock.now,
    stopping: new AbortController().signal,
    ...dependencies,
  }
  return { ...all, db, app: createApp(all), clock, person, lines }
}

type App = Awaited<ReturnType<typeof startApp>>['app']

/** A minimal browser: it stores cookies, and sends `Origin` and `User-Agent`. */
export function openBrowser(app: App, cookies = new Map<string, string>(), userAgent = agents.firefox) {
  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers({ 'User-Agent': userAgent, ...init.headers })
    if (cookies.size > 0) headers.set('Cookie', [...cookies].map((cookie) => cookie.join('=')).join('; '))
    const response = await app.request(path, { ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/Max-Age=0/.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }

  /** Sends a form without loading its page first. */
  function send(path: string, fields: Record<string, string>, headers: Record<string, string> = { Origin: origin }) {
    return request(path, { method: 'POST', body: new URLSearchParams(fields), headers })
  }

  /** Fills in the form of a page and sends it. */
  async function submit(page: string, fields: Record<string, string>, path = page, headers?: Record<string, string>) {
    const csrf = csrfOf(await (await request(page)).text())
    return send(path, { csrf, ...fields }, { Origin: origin, ...headers })
  }

  return {
    cookies,
    request,
    send,
    submit,
    text: async (path: string) => (await request(path)).text(),
    signIn: (fields: Record<string, string> = { remember: 'on' }) =>
      submit('/organizer/login', { email: ada.email, password: ada.password, ...fields }),
    /** Fills in the password form of the account page. */
    changePassword: (fields: Record<string, string> = {}) =>
      submit('/organizer/account', { ...newPassword, ...fields }),
    /** Sends the first form of a page that is shown already. */
    submitShown(page: string, fields: Record<string, string>) {
      const { action, hidden } = formOf(page)
      return send(action, { ...hidden, ...fields })
    },
    signOut: () => submit('/organizer/', {}, '/organizer/logout'),
    createEvent: (fields: Record<string, string> = {}) =>
      submit('/organizer/events/new', { ...supper, ...fields }, '/organizer/events'),
  }
}

export const agents = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
  unknown: 'Tracker/1.0 (203.0.113.9)',
}

export const newPassword = {
  change: 'password',
  'current-password': ada.password,
  'new-password': 'an analytical engine',
}

export const supper = { title: 'Supper', date: '2026-12-24', time: '18:30', place: 'Kitchen', description: '' }
