import { type Context, Hono } from 'hono'
import type { Session } from 'sojourn'
import { nameError } from '../person-name.ts'
import { inWords } from '../dates.ts'
import { type Form, line, readForm } from '../form.ts'
import { clientAddress } from '../middleware/proxy-headers.ts'
import { currentPerson, signedIn } from '../middleware/require-user.ts'
import { type AccountErrors, AccountPage } from '../pages/account.tsx'
import { send } from '../pages/layout.tsx'
import type { Env, Parts, User } from '../dependencies.ts'
import { checkedWithin, keepPasswordCheck } from '../password-check.ts'
import { passwordError } from '../passwords.ts'
import { loginAgainPath, paths } from '../paths.ts'
import { sessionEnd } from '../session-end.ts'

const freshFor = 300 // seconds

type Typed = { name?: string; keepOthers?: boolean }

/** A person's account: their name and password. */
export function accountRoutes(parts: Parts): Hono<Env> {
  const { config, sessions, people, passwords, limits, log, now } = parts
  const app = new Hono<Env>()

  app.get(paths.account, signedIn(parts), (c) => {
    const { user } = c.var
    return send(c, <AccountPage user={user} fresh={isFresh(user)} flashes={user.session.takeFlashes()} />)
  })

  app.post(paths.account, signedIn(parts), async (c) => {
    const { user } = c.var
    const form = await readForm(c)
    const toPassword = form('change') === 'password'
    // Before the password is another: the session could not be given its number.
    if (toPassword && sessions.revocable) user.session.requireConfirmed()
    // In this order: whoever has to sign in again need not send the form twice before they are told.
    if (toPassword && !isFresh(user)) return c.redirect(loginAgainPath(paths.account), 303)
    if (!user.session.isCsrfToken(form('csrf'))) {
      return refuse(c, { form: 'This form was out of date, so nothing was changed. Send it once more.' }, 403)
    }
    return toPassword ? changePassword(c, form) : changeName(c, form)
  })

  // Asked by the banner when somebody wants to stay signed in: it is the asking that counts as use.
  app.get(paths.session, async (c) => {
    if (!(await currentPerson(c, people))) return c.json({ endsIn: 0, canStay: false }, 401)
    return c.json(sessionEnd(c.var.session, config.absoluteTimeout, now()))
  })

  async function changeName(c: Context<Env>, form: Form) {
    const { person, session } = c.var.user
    const name = line(form('name'))
    const error = nameError(name)
    if (error !== null) return refuse(c, { name: error }, 422, { name })
    await people.rename(person.id, name)
    session.flash('success', 'Your name is changed.')
    return c.redirect(paths.account, 303)
  }

  async function changePassword(c: Context<Env>, form: Form) {
    const { person, session } = c.var.user
    const [current, wanted] = [form('current-password'), form('new-password')]
    const keepOthers = form('elsewhere') === 'keep'
    const typed = { keepOthers }
    const errors = passwordErrors(current, wanted)
    if (Object.keys(errors).length > 0) return refuse(c, errors, 422, typed)

    const from = clientAddress(c, config.trustProxy)
    const wait = await limits.take(person.email, from)
    if (wait > 0) {
      c.header('Retry-After', String(wait))
      return refuse(c, { form: `Too many attempts. Try again in ${inWords(wait)}.` }, 429, typed)
    }
    if (!(await passwords.verify(person.passwordHash, current))) {
      return refuse(c, { 'current-password': 'This is not your current password.' }, 422, typed)
    }
    await limits.succeeded(person.email, from)
    const hash = await passwords.hash(wanted)
    const others = keepOthers ? 'kept' : 'ended'
    const changed = await people.changePassword(person.id, hash, { expectedNumber: person.passwordNumber, others })
    if (changed === null) {
      const form = 'Your password was changed from elsewhere a moment ago, so this change was not made.'
      return refuse(c, { form }, 409, typed)
    }
    log.info('password changed', { person: String(person.id) })
    session.renew()
    keepPasswordCheck(session, changed, now())
    if (!keepOthers) await takeOffList(session)
    const elsewhere = keepOthers ? 'You stay signed in on your other devices.' : 'You are signed out everywhere else.'
    session.flash('success', `Your password is changed. ${elsewhere}`)
    return c.redirect(paths.account, 303)
  }

  /** Ends the other sessions in their store too, which the new number ends anyway: also where the store cannot be asked. */
  async function takeOffList(session: Session): Promise<void> {
    if (!sessions.revocable) return
    await sessions.revokeAll(session.userId!, { except: session }).catch(log.error)
  }

  function refuse(c: Context<Env>, errors: AccountErrors, status: 403 | 409 | 422 | 429, typed: Typed = {}) {
    const { user } = c.var
    return send(c, <AccountPage {...{ user, errors, ...typed }} fresh={isFresh(user)} />, status)
  }

  function isFresh({ person, session }: User): boolean {
    return checkedWithin(session, person, freshFor, now())
  }

  return app
}

function passwordErrors(current: string, wanted: string): AccountErrors {
  const error = wanted ? passwordError(wanted) : 'Choose a new password.'
  return {
    ...(!current && { 'current-password': 'Enter your current password.' }),
    ...(error !== null && { 'new-password': error }),
  }
}
