import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { SojournError } from 'sojourn'
import { DatabaseDown } from '../server/outage.ts'
import type { Log } from '../server/log.ts'
import { send } from '../pages/layout.tsx'
import { Failed, NotReadable } from '../pages/message.tsx'
import { type Missing, triesAgainEvery, Unavailable } from '../pages/unavailable.tsx'
import type { Env } from '../dependencies.ts'
import { ownPath, paths } from '../paths.ts'

/** Answers what a handler threw with a page that shows nothing internal; what was thrown goes to the log. */
export function errorPage(log: Log): ErrorHandler<Env> {
  return (error, c) => {
    if (error instanceof HTTPException && error.status < 500) return send(c, <NotReadable />, 400)
    const missing = missingBy(error)
    if (missing === null) {
      log.error(error)
      return send(c, <Failed />, 500)
    }
    // Without its stack, since an outage makes many of them.
    log.error(error.message)
    const page = pageOf(c)
    return send(c, <Unavailable missing={missing} page={page} />, 503, {
      'Retry-After': '5',
      // What was sent is not sent again.
      ...(page !== null && { Refresh: String(triesAgainEvery) }),
    })
  }
}

function missingBy(error: unknown): Missing | null {
  if (error instanceof DatabaseDown) return 'events'
  return error instanceof SojournError && error.status === 503 ? 'sign-ins' : null
}

function pageOf(c: Context): string | null {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return null
  const { pathname, search } = new URL(c.req.url)
  return pathname === paths.login ? paths.login : (ownPath(pathname + search) ?? paths.dashboard)
}
