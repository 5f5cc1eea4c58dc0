import type { SessionEvent } from 'sojourn'
import type { Log } from './log.ts'

/** Logs what happens to sessions, by outcome and id: who signed in and out, whose cookie was refused and why; and how their store is. */
export function logSessions(log: Log): (event: SessionEvent) => void {
  return (event) => {
    if (event.type === 'store-down') return log.error(event.error, 'the session store does not answer')
    if (event.type === 'store-up') return log.info('the session store answers again')
    const who = { session: event.id, person: event.userId }
    switch (event.type) {
      case 'opened':
        if (event.outcome !== 'none' && event.outcome !== 'active') log.info(`session ${event.outcome}`, who)
        break
      case 'began':
        if (event.userId !== null) log.info('signed in', who)
        break
      case 'ended':
        if (event.userId !== null) log.info('signed out', { reason: event.reason, ...who })
        break
      case 'adopted':
      case 'renewed':
      case 'refused':
        log.info(`session ${event.type}`, who)
    }
  }
}
