import type { ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { SojournError } from 'sojourn'
import type { Log } from './log.ts'
import { send } from './pages/layout.tsx'
import { Failed, NotReadable, Unavailable } from './pages/message.tsx'
import type { Env } from './parts.ts'

/** Answers what a handler threw with a page that shows nothing internal; what was thrown goes to the log. */
export function errorPage(log: Log): ErrorHandler<Env> {
  return (error, c) => {
    if (error instanceof HTTPException && error.status < 500) return send(c, <NotReadable />, 400)
    log.error(error)
    if (error instanceof SojournError && error.status === 503) {
      return send(c, <Unavailable />, 503, { ...error.headers })
    }
    return send(c, <Failed />, 500)
  }
}
