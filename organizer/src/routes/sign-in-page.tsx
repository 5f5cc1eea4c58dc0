import type { Context } from 'hono'
import { formatDuration } from '../dates.ts'
import { demoAccount, hasInitialDemoPassword } from '../data/demo.ts'
import { DatabaseDown } from '../data/database-down.ts'
import type { Person } from '../data/people.ts'
import { type Draft, draftPath, readDraft } from '../event-form.ts'
import { readForm } from '../form.ts'
import { currentPerson, hasOldPassword } from '../middleware/require-user.ts'
import { sendPage } from '../pages/layout.tsx'
import { type LoginErrors, LoginPage } from '../pages/login.tsx'
import type { Dependencies } from '../dependencies.ts'
import { loginAgainPath, loginPath, parseNextPath, paths } from '../paths.ts'
import {
  changedPassword,
  outcomeReason,
  pageReason,
  type Reason,
  reasonText,
  reportedReason,
} from '../sign-in-reason.ts'

/** The text that the user typed in the sign-in page, or before it. */
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
    status: 200 | 403 | 422 | 429 | 503 = 200,
  ) {
    const { session } = c.var
    const { draft = null } = typed
    const next = draft ? draftPath(draft) : parseNextPath(c.req.query('next'))
    // During an outage of the database, the page appears without what only the database knows.
    const person = await ignoreOutage(currentPerson(c, people), null)
    const again = isAgain(c) && person ? { person, cancelPath: next ?? paths.dashboard } : null
    const flashes = session.takeFlashes()
    const failed = Object.keys(errors).length > 0
    const defaultReason = () => outcomeReason(session.outcome) ?? (draft ? null : pageReason(next))
    const reason = (await findReason(c, person)) ?? (failed || flashes.length > 0 ? null : defaultReason())
    const isDown = storeState.isDown || !session.confirmed
    const login = {
      action: isAgain(c) ? loginAgainPath(next) : loginPath(next),
      signInCheckPath: isAgain(c) ? null : paths.session,
      csrf: needsFormToken(c, config) ? session.csrfToken : null,
      note: isDown ? outageNote(flashes.length > 0, draft) : reasonText(reason, draft),
      flashes,
      lifetime: formatDuration(lifetimes.idleTimeout),
      // Its link would leave this page, which keeps the draft.
      demo: !draft && !again && (await isDemoOffered()) ? { ...demoAccount, fillPath: demoFillPath(c, next) } : null,
      again,
    }
    return sendPage(c, <LoginPage {...login} {...typed} errors={errors} />, status)
  }

  async function isDemoOffered(): Promise<boolean> {
    return !config.production && ignoreOutage(hasInitialDemoPassword(people), false)
  }

  /** Resolves to the reason to sign in that the session's outcome does not know. */
  async function findReason(c: Context, person: Person | null): Promise<Reason | null> {
    const { outcome } = c.var.session
    if (person) return isAgain(c) ? { why: againText(), advice: '' } : null
    // Do not end the session. An old copy of the cookie has the same id as the session that continues.
    if (await ignoreOutage(hasOldPassword(c, people), false)) return changedPassword
    // The page that led here does not know if the user was signed out from another device before.
    if (outcome === 'revoked') return null
    const isIdle = c.req.query('idle') !== undefined
    // If there is a cookie, its outcome explains more than the page that the user was on.
    const isUnexplained = outcome === 'none' || outcome === 'active'
    return reportedReason(isUnexplained ? c.req.query('ended') : undefined, isIdle)
  }

  function againText(): string {
    return `Enter your password to stay signed in for another ${formatDuration(lifetimes.absoluteTimeout)}.`
  }
}

/**
 * Sends the sign-in page for a sign-in that could not be saved: in an outage (503), or because all devices of the user were signed
 * out meanwhile (409). It has the token of the form, because the session is that of the user who could not be signed in, or cannot
 * be read.
 */
export async function sendFailedSignIn(c: Context, { lifetimes }: Dependencies, status: 409 | 503) {
  const form = await readForm(c)
  const draft = readDraft(form)
  const next = draft ? draftPath(draft) : parseNextPath(c.req.query('next'))
  const safe = draft ? ' Your event is safe: this page keeps it.' : ''
  const why =
    status === 409
      ? 'All devices of this account were signed out while you signed in. Sign in again.'
      : "We can't sign you in right now. Try again in a minute."
  const login = {
    action: isAgain(c) ? loginAgainPath(next) : loginPath(next),
    signInCheckPath: isAgain(c) ? null : paths.session,
    csrf: form('csrf') || null,
    note: null,
    flashes: [],
    lifetime: formatDuration(lifetimes.idleTimeout),
    demo: null,
    again: null,
    email: form('email').slice(0, 254),
    remember: form('remember') !== '',
    draft,
    errors: { form: `${why}${safe}` },
  }
  return sendPage(c, <LoginPage {...login} />, status, status === 503 ? { 'Retry-After': '5' } : {})
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

function outageNote(hasSignedOut: boolean, draft: Draft | null): string {
  const stays = hasSignedOut ? '' : ' If you are signed in, you stay signed in.'
  const safe = draft ? ' Your event is safe: this page keeps it.' : ''
  return `We can't reach our sign-in records right now, so signing in does not work.${stays}${safe} Try again in a minute.`
}

function ignoreOutage<Result>(result: Promise<Result>, otherwise: Result): Promise<Result> {
  return result.catch((error: unknown) => {
    if (error instanceof DatabaseDown) return otherwise
    throw error
  })
}

function demoFillPath(c: Context, next: string | null): string {
  return `${paths.login}?demo${isAgain(c) ? '&again' : ''}${next ? `&next=${encodeURIComponent(next)}` : ''}`
}
