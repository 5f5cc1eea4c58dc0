import { SojournError } from '../../core/errors.ts'
import type { Sessions } from '../../sessions.ts'

/** Checks an adapter's argument at start. @throws `ERR_OPTIONS` if it is not what `createSessions()` returns */
export function checkSessions(sessions: Sessions<any>, call = 'sojourn(sessions)'): void {
  if (typeof sessions?.open === 'function' && typeof sessions.commit === 'function') return
  throw new SojournError('ERR_OPTIONS', `${call} takes the return value of createSessions().`)
}
