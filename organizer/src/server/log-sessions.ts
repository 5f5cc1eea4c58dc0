import type { SessionEvent } from 'sojourn'
import type { Log } from './log.ts'

/**
 * Creates a listener that logs sign-ins, sign-outs, refused cookies with their reason, and outages of the store.
 */
export function logSessions(log: Log): (event: SessionEvent) => void {
  return (event) => {
    if (event.type === 'store-down') {
      log.error(event.message)
      if (process.env.DEBUG) log.error(event.error)
      return
    }
    if (event.type === 'notices-lost') return log.info('this server may not hear that sessions end')
    if (event.type === 'store-up') return log.info('the session store answers again')
    const ids = { session: event.id, person: event.userId }
    switch (event.type) {
      case 'opened':
        if (event.outcome !== 'none' && event.outcome !== 'active') log.info(`session ${event.outcome}`, ids)
        break
      case 'began':
        if (event.userId !== null) log.info('signed in', ids)
        break
      case 'ended':
        if (event.userId !== null) log.info('signed out', { reason: event.reason, ...ids })
        break
      case 'adopted':
      case 'renewed':
      case 'refused':
        log.info(`session ${event.type}`, ids)
    }
  }
}
