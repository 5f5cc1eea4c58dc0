import type { Context } from 'hono'
import { inWords } from '../clock.ts'
import { demo, isDemoOpen } from '../data/demo.ts'
import { currentPerson, hasOldPassword } from '../middleware/signed-in.ts'
import { send } from '../pages/layout.tsx'
import { type LoginErrors, LoginPage } from '../pages/login.tsx'
import type { Parts } from '../parts.ts'
import { loginAgainPath, loginPath, ownPath, paths } from '../paths.ts'

interface Typed {
  email?: string
  password?: string
  remember?: boolean
}

/** Answers with the sign-in page: with what was typed, and with the reason why somebody has to sign in. */
export function signInPage({ config, people }: Parts) {
  return function show(c: Context, typed: Typed, errors: LoginErrors = {}, status: 200 | 403 | 422 | 429 = 200) {
    const { session } = c.var
    const next = ownPath(c.req.query('next'))
    const login = {
      action: isAgain(c) ? loginAgainPath(next) : loginPath(next),
      csrf: session.csrfToken,
      why: whyOf(c, next),
      outcome: session.outcome,
      flashes: session.takeFlashes(),
      days: inWords(config.idleTimeout),
      demo: config.production || !isDemoOpen(people) ? null : { ...demo, fill: fillPath(c, next) },
    }
    return send(c, <LoginPage {...login} {...typed} errors={errors} />, status)
  }

  /** Why they have to sign in, where it is not because a session ended. */
  function whyOf(c: Context, next: string | null): string | null {
    // The session stays as it is: whoever has an old copy of the cookie must not end the one that goes on under its id.
    if (hasOldPassword(c, people)) {
      return 'Your password was changed, so you were signed out here. Sign in with the new one.'
    }
    const signedIn = currentPerson(c, people) !== null
    // The page that sent them here cannot know that they were signed out from elsewhere before.
    if (!signedIn && c.req.query('idle') !== undefined && c.var.session.outcome !== 'revoked') {
      return 'You were signed out, since you had not used Organizer for a while. Sign in again to go on where you were.'
    }
    if (!isAgain(c) || !signedIn) return null
    return next === paths.account
      ? 'To change your password, sign in again first.'
      : 'Sign in again to stay signed in for longer.'
  }
}

/** Whether somebody who is signed in is to sign in again. */
export function isAgain(c: Context): boolean {
  return c.req.query('again') !== undefined
}

function fillPath(c: Context, next: string | null): string {
  return `${paths.login}?demo${isAgain(c) ? '&again' : ''}${next ? `&next=${encodeURIComponent(next)}` : ''}`
}
