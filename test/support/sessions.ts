import {
  createSessions,
  type CommitHeaders,
  type CommitOptions,
  type Session,
  type SessionEvent,
  type Sessions,
  type SessionsOptions,
  type SignInOptions,
} from '../../src/index.ts'
import { browser, type Browser } from './browser.ts'
import { stoppedClock, type StoppedClock } from './clock.ts'

/** A secret that is as good as any other; each name another one. */
export const secret = (name: string): string => `${name} `.padEnd(48, 'b7Kq2-vR9x')

export const secrets = [secret('first')]

/** Cookies as production sets them, whatever the environment of the tests. */
export const secure = { secure: true } as const

export interface World {
  sessions: Sessions
  clock: StoppedClock
  events: SessionEvent[]
}

/** Sessions with a clock of their own and a list of their events. */
export function world(options: SessionsOptions = {}, clock = stoppedClock()): World {
  const events: SessionEvent[] = []
  const sessions = createSessions({
    secrets,
    cookie: secure,
    now: clock.now,
    onEvent: (event) => events.push(event),
    ...options,
  })
  return { sessions, clock, events }
}

/** One request: opens, lets a handler work, commits. Resolves to the response's headers. */
export async function request(
  sessions: Sessions,
  cookie: string | null,
  handle: (session: Session) => void = () => {},
  options?: CommitOptions,
): Promise<CommitHeaders> {
  const session = await sessions.open(cookie)
  handle(session)
  return sessions.commit(session, options)
}

/** A request of a browser, which then holds what the response sets. */
export async function visit(
  sessions: Sessions,
  visitor: Browser,
  handle?: (session: Session) => void,
  options?: CommitOptions,
): Promise<CommitHeaders> {
  const headers = await request(sessions, visitor.cookie, handle, options)
  visitor.receive(headers)
  return headers
}

/** A browser that is signed in. */
export async function signedIn(
  { sessions, clock }: Pick<World, 'sessions' | 'clock'>,
  userId = 'ada',
  { data, forgetful, ...options }: SignInOptions & { data?: Record<string, unknown>; forgetful?: boolean } = {},
): Promise<Browser> {
  const visitor = browser({ now: clock.now, ...(forgetful === undefined ? {} : { forgetful }) })
  await visit(sessions, visitor, (session) => {
    session.signIn(userId, options)
    Object.assign(session.data, data)
  })
  return visitor
}

/** A browser of a guest who has data. */
export async function guest(
  { sessions, clock }: Pick<World, 'sessions' | 'clock'>,
  data: Record<string, unknown> = { cart: ['tea'] },
): Promise<Browser> {
  const visitor = browser({ now: clock.now })
  await visit(sessions, visitor, (session) => void Object.assign(session.data, data))
  return visitor
}
