import type { Context, MiddlewareHandler } from 'hono'
import type { People, Person } from '../data/people.ts'
import type { Env } from '../parts.ts'
import { loginPath } from '../paths.ts'

/** Lets people through who are signed in, as `c.var.person`; sends everybody else to sign in and come back. */
export function signedIn(people: People): MiddlewareHandler<Env> {
  return async function signedIn(c, next) {
    const person = currentPerson(c, people)
    if (!person) return toSignIn(c)
    c.set('person', person)
    return next()
  }
}

/** The person of the request's session; `null` for a guest, and for somebody whose account is gone. */
export function currentPerson(c: Context, people: People): Person | null {
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
