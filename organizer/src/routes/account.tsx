import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { Person } from '../data/people.ts'
import { maxNameLength, nameError } from '../person-name.ts'
import { formatDuration } from '../dates.ts'
import { type Form, normalizeLine, readForm } from '../form.ts'
import { clientAddress } from '../middleware/proxy-headers.ts'
import { currentPerson, requireUser } from '../middleware/require-user.ts'
import { type AccountErrors, AccountPage } from '../pages/account.tsx'
import { sendPage } from '../pages/layout.tsx'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { isPasswordChangePending, recordPasswordChange } from '../password-check.ts'
import { passwordError } from '../passwords.ts'
import { loginPath, paths } from '../paths.ts'
import { sessionEndOf } from '../session-end.ts'

type TypedFields = { name?: string; keepOthers?: boolean }

/** Changes a user's name and password. One function, because Hono's routes are written in a row. */
export function accountRoutes(dependencies: Dependencies): Hono<AppEnv> {
  const { config, sessions, lifetimes, people, passwords, limits, now } = dependencies
  const app = new Hono<AppEnv>()

  app.get(paths.account, requireUser(dependencies), (c) => {
    const { user } = c.var
    const typed = c.req.query('name')?.slice(0, maxNameLength)
    const flashes = user.session.takeFlashes()
    return sendPage(c, <AccountPage {...{ user, flashes }} {...(typed !== undefined && { name: typed })} />)
  })

  // A name that was typed while the session ended is in its form again after the sign-in.
  const keepName: MiddlewareHandler<AppEnv> = async (c, next) => {
    const form = await readForm(c)
    if (form('change') !== 'name' || (await currentPerson(c, people))) return next()
    const name = form('name').slice(0, maxNameLength)
    return c.redirect(loginPath(`${paths.account}?${new URLSearchParams({ name })}`), 303)
  }

  app.post(paths.account, keepName, requireUser(dependencies), async (c) => {
    const { user } = c.var
    const form = await readForm(c)
    const isPasswordChange = form('change') === 'password'
    if (isPasswordChange) c.set('passwordChange', 'not yet')
    // Ask before the password is checked, because an unconfirmed session cannot be renewed.
    if (isPasswordChange && sessions.revocable) user.session.requireConfirmed()
    if (!user.session.isCsrfToken(form('csrf'))) {
      return sendErrors(c, { form: 'This form was out of date, so nothing was changed. Send it once more.' }, 403)
    }
    return isPasswordChange ? changePassword(c, form) : changeName(c, form)
  })

  // The idle banner requests this if the user clicks “Stay signed in”. The request itself counts as use.
  app.get(paths.session, async (c) => {
    if (!(await currentPerson(c, people))) return c.json({ endsIn: 0, canStay: false }, 401)
    return c.json(sessionEndOf(c.var.session, lifetimes, now()))
  })

  async function changeName(c: Context<AppEnv>, form: Form) {
    const { person, session } = c.var.user
    const name = normalizeLine(form('name'))
    const error = nameError(name)
    if (error !== null) return sendErrors(c, { name: error }, 422, { name })
    await people.rename(person.id, name)
    session.flash('success', 'Name changed.')
    return c.redirect(paths.account, 303)
  }

  async function changePassword(c: Context<AppEnv>, form: Form) {
    const { person, session } = c.var.user
    const [current, wanted] = [form('current-password'), form('new-password')]
    const keepOthers = form('elsewhere') === 'keep'
    const typed: TypedFields = { keepOthers }
    if (isPasswordChangePending(session, person)) {
      const pending = 'Your last password change may still be under way. Try again in a minute.'
      return sendErrors(c, { form: pending }, 409, typed)
    }
    const errors = passwordErrors(current, wanted, person)
    if (Object.keys(errors).length > 0) return sendErrors(c, errors, 422, typed)

    const from = clientAddress(c, config.trustProxy)
    const waitSeconds = limits.countAttempt(person.email, from)
    if (waitSeconds > 0) {
      c.header('Retry-After', String(waitSeconds))
      return sendErrors(c, { form: `Too many attempts. Try again in ${formatDuration(waitSeconds)}.` }, 429, typed)
    }
    if (!(await passwords.verify(person.passwordHash, current))) {
      return sendErrors(c, { 'current-password': 'This is not your current password.' }, 422, typed)
    }
    limits.clearAttempts(person.email, from)
    const hash = await passwords.hash(wanted)
    const others = keepOthers ? 'kept' : 'ended'
    session.renew()
    recordPasswordChange(session, person, { newHash: hash, others })
    // `finishPasswordChange` makes the change after the commit. The next page reports it.
    c.set('passwordChange', { hash, others })
    return c.redirect(paths.account, 303)
  }

  function sendErrors(
    c: Context<AppEnv>,
    errors: AccountErrors,
    status: 403 | 409 | 422 | 429,
    typed: TypedFields = {},
  ) {
    const { user } = c.var
    return sendPage(c, <AccountPage {...{ user, errors, ...typed }} />, status)
  }

  return app
}

function passwordErrors(current: string, wanted: string, person: Person): AccountErrors {
  const error = wanted ? passwordError(wanted, person) : 'Choose a new password.'
  return {
    ...(!current && { 'current-password': 'Enter your current password.' }),
    ...(error !== null && { 'new-password': error }),
  }
}
