import { type Context, Hono } from 'hono'
import type { Outcome } from 'sojourn'
import { formatDuration } from '../dates.ts'
import { demoAccount } from '../data/demo.ts'
import { normalizeEmail, type Person } from '../data/people.ts'
import { deviceLabel } from '../device-name.ts'
import { readForm } from '../form.ts'
import { clientAddress } from '../middleware/proxy-headers.ts'
import { currentPerson, hasOldPassword, userOf } from '../middleware/require-user.ts'
import { sendPage } from '../pages/layout.tsx'
import type { LoginErrors } from '../pages/login.tsx'
import { FormRefusedPage } from '../pages/message.tsx'
import { type Draft, draftPath, fitsSession, isOwnDraft, readDraft } from '../event-form.ts'
import type { AppEnv } from '../app-env.ts'
import type { Dependencies } from '../dependencies.ts'
import { recordPasswordCheck } from '../password-check.ts'
import { parseNextPath, paths } from '../paths.ts'
import { sendDraft } from './event-form.tsx'
import { isAgain, needsFormToken, signInPage, type TypedFields } from './sign-in-page.tsx'

/** Signs users in and out. One function, because Hono's routes are written in a row. */
export function signInRoutes(dependencies: Dependencies): Hono<AppEnv> {
  const { config, sessions, people, passwords, limits } = dependencies
  const sendSignInPage = signInPage(dependencies)
  const app = new Hono<AppEnv>()

  app.get(paths.login, async (c) => {
    const { session } = c.var
    const person = await currentPerson(c, people)
    if (person && !isAgain(c)) return c.redirect(nextPath(c))
    // The account was deleted.
    if (session.userId !== null && !person && !(await hasOldPassword(c, people))) session.signOut()
    if (!config.production && c.req.query('demo') !== undefined) {
      return sendSignInPage(c, { email: demoAccount.email, password: demoAccount.password })
    }
    return sendSignInPage(c, person ? { email: person.email, remember: session.remember } : {})
  })

  app.post(paths.login, async (c) => {
    const { session } = c.var
    const form = await readForm(c)
    const email = form('email').trim()
    const password = form('password')
    const remember = form('remember') !== ''
    const draft = readDraft(form)
    const typed = { email: email.slice(0, 254), remember, draft }
    if (needsFormToken(c, config) && !session.isCsrfToken(form('csrf'))) {
      // The user has signed in meanwhile, in another tab. Skip the form.
      const person = isAgain(c) ? null : await currentPerson(c, people)
      if (person && isOwnDraft(person, draft)) return sendDraft(c, userOf(c, person, dependencies), draft, dependencies)
      if (person) return c.redirect(nextPath(c), 303)
      return sendSignInPage(c, typed, { form: outOfDateError(session.outcome) }, 403)
    }
    if (!email || !password) return sendSignInPage(c, typed, findMissingFields(email, password), 422)
    // Fail before the attempt is counted and the password hashed.
    if (sessions.revocable) session.requireConfirmed()

    const from = clientAddress(c, config.trustProxy)
    const normalized = normalizeEmail(email)
    const waitSeconds = limits.countAttempt(normalized ?? email, from)
    if (waitSeconds > 0) return sendTooMany(c, typed, 'attempts', waitSeconds)
    const person = normalized ? await people.findByEmail(normalized) : null
    if (!(await passwords.verify(person?.passwordHash, password)) || !person) {
      return sendSignInPage(c, typed, { form: 'Wrong email address or password.' }, 422)
    }
    const signInWaitSeconds = limits.countSignIn(person.email)
    if (signInWaitSeconds > 0) return sendTooMany(c, typed, 'sign-ins to this account', signInWaitSeconds)
    limits.clearAttempts(person.email, from)
    session.signIn(String(person.id), {
      remember,
      label: deviceLabel(c.req.header('user-agent'), from),
      method: 'pwd',
      carry: [],
    })
    recordPasswordCheck(session, person)
    return leaveSignIn(c, person, draft)
  })

  app.post(paths.logout, async (c) => {
    const { session } = c.var
    // Signing out must work even if the account was deleted, or the database is down.
    if (session.userId === null) return c.redirect(paths.login, 303)
    // Without a store, an old copy of the cookie has the same id as the session that continues after a password change.
    if (!sessions.revocable && (await hasOldPassword(c, people).catch(() => false))) return c.redirect(paths.login, 303)
    const form = await readForm(c)
    if (!session.isCsrfToken(form('csrf'))) return sendPage(c, <FormRefusedPage />, 403)
    session.signOut()
    session.flash('success', 'You are signed out.')
    return c.redirect(paths.login, 303)
  })

  function sendTooMany(c: Context, typed: TypedFields, what: string, waitSeconds: number) {
    c.header('Retry-After', String(waitSeconds))
    return sendSignInPage(c, typed, { form: `Too many ${what}. Try again in ${formatDuration(waitSeconds)}.` }, 429)
  }

  /** Leads a signed-in user to their draft, which the session keeps from now on, or to the page that led here. */
  function leaveSignIn(c: Context, person: Person, draft: Draft | null) {
    if (!isOwnDraft(person, draft)) return c.redirect(nextPath(c), 303)
    // A cookie has less room than a page.
    if (!fitsSession(draft, sessions)) return sendDraft(c, userOf(c, person, dependencies), draft, dependencies)
    c.var.session.data.draft = draft
    return c.redirect(draftPath(draft), 303)
  }

  return app
}

function nextPath(c: Context): string {
  return parseNextPath(c.req.query('next')) ?? paths.dashboard
}

// The user clicked twice, or the page is from before the browser was closed, or the browser sends no cookies.
function outOfDateError(outcome: Outcome): string {
  const cookies = outcome === 'none' ? ', or your browser keeps no cookies for this site' : ''
  return `This form was out of date${cookies}. Enter your password once more.`
}

function findMissingFields(email: string, password: string): LoginErrors {
  return {
    ...(!email && { email: 'Enter your email address.' }),
    ...(!password && { password: 'Enter your password.' }),
  }
}
