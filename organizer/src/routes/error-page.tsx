import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { SojournError } from 'sojourn'
import { DatabaseDown } from '../data/database-down.ts'
import type { Log } from '../server/log.ts'
import { sendPage } from '../pages/layout.tsx'
import { FailurePage, UnreadablePage } from '../pages/message.tsx'
import { retryIntervalSeconds, UnavailablePage, type UnavailablePart } from '../pages/unavailable.tsx'
import type { AppEnv, PasswordChange } from '../app-env.ts'
import { parseNextPath, paths } from '../paths.ts'

/** Responds to an error with a page without internal details, and logs the error. */
export function errorPage(log: Log): ErrorHandler<AppEnv> {
  return (error, c) => {
    if (error instanceof HTTPException && error.status < 500) return sendPage(c, <UnreadablePage />, 400)
    const unavailable = unavailablePart(error)
    if (unavailable === null) {
      log.error(error)
      return sendPage(c, <FailurePage />, 500)
    }
    // Without the stack, because an outage causes many errors.
    log.error(error.message)
    const page = pagePath(c)
    const unchanged = isUnchanged(c.get('passwordChange')) ? 'Your password was not changed.' : null
    return sendPage(c, <UnavailablePage part={unavailable} page={page} unchanged={unchanged} />, 503, {
      'Retry-After': '5',
      // The browser must not send a form again by itself.
      ...(page !== null && { Refresh: String(retryIntervalSeconds) }),
    })
  }
}

/** Whether the request was to change the password, and certainly has not. */
const isUnchanged = (change: PasswordChange | undefined) => change !== undefined && change !== 'sent'

function unavailablePart(error: unknown): UnavailablePart | null {
  if (error instanceof DatabaseDown) return 'events'
  return error instanceof SojournError && error.status === 503 ? 'sign-ins' : null
}

function pagePath(c: Context): string | null {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return null
  const { pathname, search } = new URL(c.req.url)
  return pathname === paths.login ? paths.login : (parseNextPath(pathname + search) ?? paths.dashboard)
}
