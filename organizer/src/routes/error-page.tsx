import { randomBytes } from 'node:crypto'
import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { SojournError } from 'sojourn'
import { DatabaseDown } from '../data/database-down.ts'
import type { Dependencies } from '../dependencies.ts'
import { findUser } from '../middleware/require-user.ts'
import { sendPage } from '../pages/layout.tsx'
import { FailurePage, UnreadablePage } from '../pages/message.tsx'
import { retryIntervalSeconds, UnavailablePage, type UnavailablePart } from '../pages/unavailable.tsx'
import type { AppEnv, PasswordChange } from '../app-env.ts'
import { parseNextPath, paths } from '../paths.ts'
import { readSentForm } from '../sent-form.ts'
import { sendFailedSignIn } from './sign-in-page.tsx'

/** Responds to an error with a page without internal details, which keeps a sent form, and logs the error. */
export function errorPage(dependencies: Dependencies): ErrorHandler<AppEnv> {
  const { log, storeState } = dependencies
  return async (error, c) => {
    if (error instanceof HTTPException && error.status < 500) return sendPage(c, <UnreadablePage />, 400)
    if (error instanceof SojournError && error.code === 'ERR_SIGN_IN_REFUSED')
      return sendFailedSignIn(c, dependencies, 409)
    const part = unavailablePart(error)
    const sent = await readSentForm(c)
    if (part === null) {
      const reference = randomBytes(4).toString('hex')
      log.error(error, `error ${reference}`)
      return sendPage(c, <FailurePage user={await findUser(c, dependencies)} sent={sent} reference={reference} />, 500)
    }
    // Without the stack, because an outage causes many errors. The event of the store has logged its outage.
    if (part !== 'sign-ins' || !storeState.isDown) log.error(error.message)
    if (c.req.method === 'POST' && c.req.path === paths.login) return sendFailedSignIn(c, dependencies, 503)
    const page = pagePath(c)
    const unchanged = isUnchanged(c.get('passwordChange')) ? 'Your password was not changed.' : null
    return sendPage(c, <UnavailablePage {...{ part, page, sent, unchanged }} />, 503, {
      'Retry-After': '5',
      // The browser must not send a form again by itself.
      ...(page !== null && { Refresh: String(retryIntervalSeconds) }),
    })
  }
}

/** Whether the request was to change the password, and certainly has not. */
const isUnchanged = (change: PasswordChange | undefined) => change !== undefined && change !== 'sent'

function unavailablePart(error: Error): UnavailablePart | null {
  if (error instanceof DatabaseDown) return 'events'
  return error instanceof SojournError && error.status === 503 ? 'sign-ins' : null
}

function pagePath(c: Context): string | null {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return null
  const { pathname, search } = new URL(c.req.url)
  return pathname === paths.login ? paths.login : (parseNextPath(pathname + search) ?? paths.dashboard)
}
