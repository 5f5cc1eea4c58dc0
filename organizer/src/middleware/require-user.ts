import type { Context, MiddlewareHandler } from 'hono'
import type { People, Person } from '../data/people.ts'
import type { Env, Parts } from '../dependencies.ts'
import { isPasswordGood } from '../password-check.ts'
import { endedPath, loginPath } from '../paths.ts'
import { sessionEnd } from '../session-end.ts'

/** Lets people through who are signed in, as `c.var.user`; sends everybody else to sign in and come back. */
export function signedIn({ people, config, sessions, now }: Parts): MiddlewareHandler<Env> {
  return async function signedIn(c, next) {
    const person = await currentPerson(c, people)
    if (!person) return toSignIn(c)
    const { session } = c.var
    const tellsEnd = sessions.revocable && session.id !== null ? endedPath(session.id) : null
    c.set('user', { person, session, end: sessionEnd(session, config.absoluteTimeout, now()), tellsEnd })
    return next()
  }
}

/** The person who is signed in; `null` for a guest, and where the account is gone or its password was changed elsewhere. */
export async function currentPerson(c: Context, people: People): Promise<Person | null> {
  const person = await personOf(c, people)
  return person && isPasswordGood(c.var.session, person) ? person : null
}

/** Whether the request's session was opened with a password that its person has changed since. */
export async function hasOldPassword(c: Context, people: People): Promise<boolean> {
  const person = await personOf(c, people)
  return person !== null && !isPasswordGood(c.var.session, person)
}

async function personOf(c: Context, people: People): Promise<Person | null> {
  const { userId } = c.var.session
  return userId === null ? null : people.byId(Number(userId))
}

function toSignIn(c: Context) {
  const { pathname, search } = new URL(c.req.url)
  const login = loginPath(pathname + search)
  // A script that fetches a part of a page would put the sign-in page into that part.
  if (c.req.header('hx-request')) return c.body(null, 401, { 'HX-Redirect': login })
  return c.redirect(login)
}
