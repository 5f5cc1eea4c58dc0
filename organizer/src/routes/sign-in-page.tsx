import type { Context } from 'hono'
import { explain } from 'sojourn'
import { formatDuration } from '../dates.ts'
import { demoAccount, hasInitialDemoPassword } from '../data/demo.ts'
import { DatabaseDown } from '../data/database-down.ts'
import { type Draft, draftPath } from '../event-form.ts'
import { currentPerson, hasOldPassword } from '../middleware/require-user.ts'
import { sendPage } from '../pages/layout.tsx'
import { type LoginErrors, LoginPage } from '../pages/login.tsx'
import type { Dependencies } from '../dependencies.ts'
import { loginAgainPath, loginPath, parseNextPath, paths } from '../paths.ts'

/** What the user typed in the sign-in page, or before it. */
export interface TypedFields {
  email?: string
  password?: string
  remember?: boolean
  /** An event that the user typed after their session had ended. */
  draft?: Draft | null
}

/** Creates a function that sends the sign-in page, with the user's input and the reason to sign in. */
export function signInPage({ config, lifetimes, people, storeState }: Dependencies) {
  return async function sendSignInPage(
    c: Context,
    typed: TypedFields,
    errors: LoginErrors = {},
    status: 200 | 403 | 422 | 429 = 200,
  ) {
    const { session } = c.var
    const next = typed.draft ? draftPath(typed.draft) : parseNextPath(c.req.query('next'))
    const login = {
      action: isAgain(c) ? loginAgainPath(next) : loginPath(next),
      signInCheckPath: isAgain(c) ? null : paths.session,
      csrf: needsFormToken(c, config) ? session.csrfToken : null,
      reason: await findReason(c, next),
      outcome: session.outcome,
      isStoreDown: storeState.isDown || !session.confirmed,
      flashes: session.takeFlashes(),
      lifetime: formatDuration(lifetimes.idleTimeout),
      // Its link would leave this page, which keeps the draft.
      demo: !typed.draft && (await isDemoOffered()) ? { ...demoAccount, fillPath: demoFillPath(c, next) } : null,
    }
    return sendPage(c, <LoginPage {...login} {...typed} errors={errors} />, status)
  }

  async function isDemoOffered(): Promise<boolean> {
    if (config.production) return false
    return hasInitialDemoPassword(people).catch((error: unknown) => {
      if (error instanceof DatabaseDown) return false // show the page anyway: the user may have just signed out
      throw error
    })
  }

  /** Resolves to the reason to sign in, if it is not the session's outcome. */
  async function findReason(c: Context, next: string | null): Promise<string | null> {
    const { outcome } = c.var.session
    // Do not end the session. An old copy of the cookie has the same id as the session that continues.
    if (await hasOldPassword(c, people)) {
      return 'Your password was changed, so you were signed out here. Sign in with the new one.'
    }
    const signedIn = (await currentPerson(c, people)) !== null
    const ended = c.req.query('ended')
    // If there is a cookie, its outcome explains more.
    if (!signedIn && ended !== undefined && (outcome === 'none' || outcome === 'active')) {
      return ended === 'revoked' || ended === 'limit'
        ? `${explain(ended).sentence} Sign in again to go on where you were.`
        : 'You were signed out in this browser. Sign in again to go on where you were.'
    }
    // The page that led here does not know if the user was signed out from another device before.
    if (!signedIn && c.req.query('idle') !== undefined && outcome !== 'revoked') {
      return 'You were signed out, since you had not used Organizer for a while. Sign in again to go on where you were.'
    }
    if (!isAgain(c) || !signedIn) return null
    return next === paths.account
      ? 'To change your password, sign in again first.'
      : 'Sign in again to stay signed in for longer.'
  }
}

/**
 * Whether the sign-in form needs a token. Flask-Session stores a record for each token, so anyone could fill Redis with
 * them. There, `refuseCrossSite` alone keeps other sites from signing a visitor in.
 */
export function needsFormToken(c: Context, { sessionType }: Dependencies['config']): boolean {
  return sessionType !== 'flask-redis' || c.var.session.userId !== null
}

/** Whether a signed-in user must enter their password again. */
export function isAgain(c: Context): boolean {
  return c.req.query('again') !== undefined
}

function demoFillPath(c: Context, next: string | null): string {
  return `${paths.login}?demo${isAgain(c) ? '&again' : ''}${next ? `&next=${encodeURIComponent(next)}` : ''}`
}
