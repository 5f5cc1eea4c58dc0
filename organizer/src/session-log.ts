import type { SessionEvent } from 'sojourn'
import type { Log } from './log.ts'

/** Logs what happens to sessions, by outcome and id: who signed in and out, and whose cookie was refused and why. */
export function logSessions(log: Log): (event: SessionEvent) => void {
  return (event) => {
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
      case 'renewed':
      case 'refused':
        log.info(`session ${event.type}`, who)
    }
  }
}
