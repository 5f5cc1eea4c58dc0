import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'

/**
 * Writes a new password to the database after the session is committed. It must be registered before the sessions'
 * middleware.
 *
 * In this order, users stay signed in after a fault in between. If the session store does not answer, the commit fails, and the
 * password is not changed. If the database does not answer, the session is valid with either password. The next page
 * reports which it is, or that this is not known yet, because the database may still make the change. Other sessions end
 * with the write to the database, because they have an earlier password number.
 */
export function finishPasswordChange({ people, sessions, log }: Dependencies): MiddlewareHandler<AppEnv> {
  return async function finishPasswordChange(c, next) {
    await next()
    const change = c.get('passwordChange')
    if (typeof change !== 'object' || c.error) return
    // A renewal sets a cookie, unless the session was ended during this request. An ended session changes no password.
    if (c.res.headers.getSetCookie().length === 0) return
    c.set('passwordChange', 'sent')
    const { person, session } = c.var.user
    const { hash, others } = change
    const changed = await people.changePassword(person.id, hash, { expectedNumber: person.passwordNumber, others })
    if (changed === null) return // it was changed elsewhere meanwhile, as the next page reports
    log.info('password changed', { person: String(person.id) })
    if (others === 'kept' || !sessions.revocable) return
    // Remove them from the list of devices. If this fails, the new password number ends them anyway.
    await sessions.revokeAll(String(person.id), { except: session }).catch(log.error)
  }
}
