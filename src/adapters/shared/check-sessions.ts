import { SojournError } from '../../core/errors.ts'
import type { Sessions } from '../../sessions.ts'

/** Tells at start that an adapter was not given what it works with. */
export function checkSessions(sessions: Sessions<any>): void {
  if (typeof sessions?.open === 'function' && typeof sessions.commit === 'function') return
  throw new SojournError('ERR_OPTIONS', 'sojourn(sessions) takes what createSessions() returns.')
}
