import type { Context } from 'hono'
import { explain } from 'sojourn'
import { inWords } from '../dates.ts'
import { demo, isDemoOpen } from '../data/demo.ts'
import { DatabaseDown } from '../server/outage.ts'
import { currentPerson, hasOldPassword } from '../middleware/require-user.ts'
import { send } from '../pages/layout.tsx'
import { type LoginErrors, LoginPage } from '../pages/login.tsx'
import type { Parts } from '../dependencies.ts'
import { loginAgainPath, loginPath, ownPath, paths } from '../paths.ts'

interface Typed {
  email?: string
  password?: string
  remember?: boolean
}

/** Answers with the sign-in page: with what was typed, and with the reason why somebody has to sign in. */
export function signInPage({ config, people, storeState }: Parts) {
  return async function show(c: Context, typed: Typed, errors: LoginErrors = {}, status: 200 | 403 | 422 | 429 = 200) {
    const { session } = c.var
    const next = ownPath(c.req.query('next'))
    const login = {
      action: isAgain(c) ? loginAgainPath(next) : loginPath(next),
      asks: isAgain(c) ? null : paths.session,
      csrf: session.csrfToken,
      why: await whyOf(c, next),
      outcome: session.outcome,
      waits: storeState.isDown || !session.confirmed,
      flashes: session.takeFlashes(),
      days: inWords(config.idleTimeout),
      demo: (await offersDemo()) ? { ...demo, fill: fillPath(c, next) } : null,
    }
    return send(c, <LoginPage {...login} {...typed} errors={errors} />, status)
  }

  async function offersDemo(): Promise<boolean> {
    if (config.production) return false
    return isDemoOpen(people).catch((error: unknown) => {
      if (error instanceof DatabaseDown) return false // whoever has just signed out is to read that they did
      throw error
    })
  }

  /** Why they have to sign in, where it is not because a session ended. */
  async function whyOf(c: Context, next: string | null): Promise<string | null> {
    const { outcome } = c.var.session
    // The session stays as it is: whoever has an old copy of the cookie must not end the one that goes on under its id.
    if (await hasOldPassword(c, people)) {
      return 'Your password was changed, so you were signed out here. Sign in with the new one.'
    }
    const signedIn = (await currentPerson(c, people)) !== null
    const ended = c.req.query('ended')
    // Where the cookie is there, it tells itself.
    if (!signedIn && ended !== undefined && (outcome === 'none' || outcome === 'active')) {
      return ended === 'revoked'
        ? revoked
        : 'You were signed out in this browser. Sign in again to go on where you were.'
    }
    // The page that sent them here cannot know that they were signed out from elsewhere before.
    if (!signedIn && c.req.query('idle') !== undefined && outcome !== 'revoked') {
      return 'You were signed out, since you had not used Organizer for a while. Sign in again to go on where you were.'
    }
    if (!isAgain(c) || !signedIn) return null
    return next === paths.account
      ? 'To change your password, sign in again first.'
      : 'Sign in again to stay signed in for longer.'
  }
}

const revoked = `${explain('revoked').sentence} Sign in again to go on where you were.`

/** Whether somebody who is signed in is to sign in again. */
export function isAgain(c: Context): boolean {
  return c.req.query('again') !== undefined
}

function fillPath(c: Context, next: string | null): string {
  return `${paths.login}?demo${isAgain(c) ? '&again' : ''}${next ? `&next=${encodeURIComponent(next)}` : ''}`
}
