import { createSessions, SojournError, type Session, type Sessions, type SessionsOptions } from '../../index.ts'
import type { SessionStore } from '../../stores/store.ts'

const secrets = ['a secret that only the store suite uses']
/** Creates a server's sessions. */
export const createServer = (store?: SessionStore, options: Partial<SessionsOptions> = {}): Sessions =>
  createSessions({
    secrets,
    store,
    cookie: { secure: true },
    touchAfter: 0,
    // A busy machine must not look like an outage.
    storeTimeout: 5,
    onEvent: () => {},
    ...options,
  })

/** The cookies of one browser. */
export function createBrowser(cookies = new Map<string, string>()) {
  return {
    get cookie(): string {
      return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    },
    receive(headers: Headers): void {
      for (const [, name, value] of headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line)!)) {
        if (value === '') cookies.delete(name!)
        else cookies.set(name!, value!)
      }
    },
  }
}

export type Browser = ReturnType<typeof createBrowser>

/** Makes one request of a browser. */
export async function visit(
  sessions: Sessions,
  visitor: Browser,
  handle: (session: Session) => void,
): Promise<Headers> {
  const session = await sessions.open(visitor.cookie)
  handle(session)
  const headers = await sessions.commit(session)
  visitor.receive(headers)
  return headers
}

/** Signs a new browser in. If the sign-in is refused, the browser has no cookie. */
export async function signInBrowser(sessions: Sessions, userId = 'ada'): Promise<Browser> {
  const session = await sessions.open(null)
  session.signIn(userId)
  return commitSignIn(sessions, session)
}

/** Commits a sign-in, and returns its browser. If the sign-in is refused, the browser has no cookie. */
export async function commitSignIn(sessions: Sessions, session: Session): Promise<Browser> {
  const visitor = createBrowser()
  try {
    visitor.receive(await sessions.commit(session))
  } catch (error) {
    if (!(error instanceof SojournError && error.code === 'ERR_SIGN_IN_REFUSED')) throw error
  }
  return visitor
}

export const openOutcome = async (sessions: Sessions, cookie: string) => (await sessions.open(cookie)).outcome
