import type { Context, MiddlewareHandler } from 'hono'
import type { People, Person } from '../data/people.ts'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { hasCurrentPassword, settlePasswordChange } from '../password-check.ts'
import { sessionEndedPath, loginPath } from '../paths.ts'
import { sessionEndOf } from '../session-end.ts'

/** Sets `c.var.user` for signed-in users. Redirects all others to the sign-in page, which leads back here. */
export function requireUser({ people, sessions, lifetimes, now }: Dependencies): MiddlewareHandler<AppEnv> {
  return async function requireUser(c, next) {
    const person = await currentPerson(c, people)
    if (!person) return redirectToSignIn(c)
    const { session } = c.var
    settlePasswordChange(session, person, now())
    c.set('user', {
      person,
      session,
      end: sessionEndOf(session, lifetimes, now()),
      sessionEndedPath: sessions.revocable && session.id !== null ? sessionEndedPath(session.id) : null,
    })
    return next()
  }
}

/** Resolves to the signed-in person; `null` for a guest, a deleted account, or a session of an old password. */
export async function currentPerson(c: Context, people: People): Promise<Person | null> {
  const person = await findPerson(c, people)
  return person && hasCurrentPassword(c.var.session, person) ? person : null
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
  const login = loginPath(pathname + search)
  // After a plain redirect, a script that fetches part of a page would insert the sign-in page there.
  if (c.req.header('hx-request')) return c.body(null, 401, { 'HX-Redirect': login })
  return c.redirect(login)
}
