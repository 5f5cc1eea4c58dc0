import type { Context, MiddlewareHandler } from 'hono'
import type { People, Person } from '../data/people.ts'
import type { AppEnv, User } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { hasCurrentPassword, settlePasswordChange } from '../password-check.ts'
import { sessionEndedPath, loginPath } from '../paths.ts'
import { readerOf } from '../reader.ts'
import { sessionEndOf } from '../session-end.ts'

/** Sets `c.var.user` for signed-in users. Redirects all others to the sign-in page, which leads back here. */
export function requireUser(dependencies: Dependencies): MiddlewareHandler<AppEnv> {
  const { people, now } = dependencies
  return async function requireUser(c, next) {
    const person = await currentPerson(c, people)
    if (!person) return redirectToSignIn(c)
    settlePasswordChange(c.var.session, person, now())
    c.set('user', userOf(c, person, dependencies))
    return next()
  }
}

/** Returns the signed-in user of a request, for handlers and pages. */
export function userOf(c: Context, person: Person, { sessions, lifetimes, now }: Dependencies): User {
  const { session } = c.var
  return {
    person,
    session,
    end: sessionEndOf(session, lifetimes, now()),
    absoluteTimeout: lifetimes.absoluteTimeout,
    reader: readerOf(c, now()),
    sessionEndedPath: sessions.revocable && session.id !== null ? sessionEndedPath(session.id) : null,
  }
}

/** Resolves to the signed-in person; `null` for a guest, a deleted account, or a session of an old password. */
export async function currentPerson(c: Context, people: People): Promise<Person | null> {
  const person = await findPerson(c, people)
  return person && hasCurrentPassword(c.var.session, person) ? person : null
}

/** Resolves to the signed-in user for a page that also guests get; `null` if that cannot be found out, as in an outage. */
export async function findUser(c: Context, dependencies: Dependencies): Promise<User | null> {
  try {
    const present: User | undefined = c.get('user')
    if (present) return present
    const person = await currentPerson(c, dependencies.people)
    return person && userOf(c, person, dependencies)
  } catch {
    return null
  }
}

/** Whether the session was opened with a password that has been changed since. */
export async function hasOldPassword(c: Context, people: People): Promise<boolean> {
  const person = await findPerson(c, people)
  return person !== null && !hasCurrentPassword(c.var.session, person)
}

async function findPerson(c: Context, people: People): Promise<Person | null> {
  const { userId } = c.var.session
  return userId === null ? null : people.findById(Number(userId))
}

function redirectToSignIn(c: Context) {
  const { pathname, search } = new URL(c.req.url)
  return c.redirect(loginPath(pathname + search))
}
