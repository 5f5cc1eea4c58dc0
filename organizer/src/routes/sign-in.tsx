import { type Context, Hono } from 'hono'
import type { Outcome } from 'sojourn'
import { inWords } from '../dates.ts'
import { demo } from '../data/demo.ts'
import { normalEmail } from '../data/people.ts'
import { deviceName } from '../device-name.ts'
import { readForm } from '../form.ts'
import { clientAddress } from '../middleware/proxy-headers.ts'
import { currentPerson, hasOldPassword } from '../middleware/require-user.ts'
import { send } from '../pages/layout.tsx'
import type { LoginErrors } from '../pages/login.tsx'
import { FormRefused } from '../pages/message.tsx'
import { isDraftOf } from '../event-form.ts'
import type { Env, Parts } from '../dependencies.ts'
import { keepPasswordCheck } from '../password-check.ts'
import { ownPath, paths } from '../paths.ts'
import { isAgain, signInPage } from './sign-in-page.tsx'

/** Signing in and out. */
export function signInRoutes(parts: Parts): Hono<Env> {
  const { config, sessions, people, passwords, limits, now } = parts
  const show = signInPage(parts)
  const app = new Hono<Env>()

  app.get(paths.login, async (c) => {
    const { session } = c.var
    const person = await currentPerson(c, people)
    if (person && !isAgain(c)) return c.redirect(nextOf(c))
    if (session.userId !== null && !person && !(await hasOldPassword(c, people))) session.signOut() // their account is gone
    if (!config.production && c.req.query('demo') !== undefined) {
      return show(c, { email: demo.email, password: demo.password })
    }
    return show(c, person ? { email: person.email, remember: session.remember } : {})
  })

  app.post(paths.login, async (c) => {
    const { session } = c.var
    const form = await readForm(c)
    const email = form('email').trim()
    const password = form('password')
    const remember = form('remember') !== ''
    const typed = { email: email.slice(0, 254), remember }
    if (!session.isCsrfToken(form('csrf'))) {
      // Signed in meanwhile, in another tab: the form is of no use, and they are where it leads.
      if ((await currentPerson(c, people)) && !isAgain(c)) return c.redirect(nextOf(c), 303)
      return show(c, typed, { form: outOfDate(session.outcome) }, 403)
    }
    if (!email || !password) return show(c, typed, missing(email, password), 422)
    // Before any work is done for it.
    if (sessions.revocable) session.requireConfirmed()

    const from = clientAddress(c, config.trustProxy)
    const key = normalEmail(email)
    const wait = await limits.take(key ?? email, from)
    if (wait > 0) {
      c.header('Retry-After', String(wait))
      return show(c, typed, { form: `Too many attempts. Try again in ${inWords(wait)}.` }, 429)
    }
    const person = key ? await people.byEmail(key) : null
    if (!(await passwords.verify(person?.passwordHash, password)) || !person) {
      return show(c, typed, { form: 'The email address or the password is not right.' }, 422)
    }
    await limits.succeeded(person.email, from)
    session.signIn(String(person.id), {
      remember,
      label: deviceName(c.req.header('user-agent')),
      carry: isDraftOf(person, session.data.draft) ? ['draft'] : [],
    })
    keepPasswordCheck(session, person, isAgain(c) ? now() : null)
    return c.redirect(nextOf(c), 303)
  })

  app.post(paths.logout, async (c) => {
    const { session } = c.var
    // Also somebody whose account cannot be read, or is gone, is let out.
    if (session.userId === null) return c.redirect(paths.login, 303)
    // Where nothing is listed, a copy of the cookie from before a new password has the id of the session that goes on.
    if (!sessions.revocable && (await hasOldPassword(c, people).catch(() => false))) return c.redirect(paths.login, 303)
    const form = await readForm(c)
    if (!session.isCsrfToken(form('csrf'))) return send(c, <FormRefused />, 403)
    session.signOut()
    session.flash('success', 'You are signed out.')
    return c.redirect(paths.login, 303)
  })

  return app
}

function nextOf(c: Context): string {
  return ownPath(c.req.query('next')) ?? paths.dashboard
}

// A click too many, a page from before the browser was closed; or a browser that never gives our cookie back.
function outOfDate(outcome: Outcome): string {
  const cookies = outcome === 'none' ? ', or your browser keeps no cookies for this site' : ''
  return `This form was out of date${cookies}. Enter your password once more.`
}

function missing(email: string, password: string): LoginErrors {
  return {
    ...(!email && { email: 'Enter your email address.' }),
    ...(!password && { password: 'Enter your password.' }),
  }
}
