import type { KoaRecord } from './records.ts'
import type { Session } from './session.ts'

/** How long a session lives, in milliseconds; `'session'`: until the browser is closed. */
export type MaxAge = number | 'session'

const dayMs = 86_400_000

/**
 * Returns what is stored of a session, and how long it lives.
 *
 * @param given the option `maxAge`, which the request may have changed. Zero counts as none, as in koa-session
 * @throws `TypeError` if it is no lifetime: the session would never expire
 */
export function recordOf(session: Session, given: unknown): { record: KoaRecord; maxAge: MaxAge } {
  checkMaxAge(given)
  const maxAge = given || dayMs
  const data = session.toJSON()
  if (maxAge === 'session') return { record: { ...data, _session: true }, maxAge }
  return { record: { ...data, _expire: Date.now() + maxAge, _maxAge: maxAge }, maxAge }
}

/** @throws `TypeError` for what is neither a number, nor `'session'`, nor empty */
export function checkMaxAge(maxAge: unknown): asserts maxAge is MaxAge | false | null | undefined {
  if (maxAge == null || maxAge === false || maxAge === 'session' || Number.isFinite(maxAge)) return
  throw new TypeError(
    `Invalid input: maxAge must be a number of milliseconds, or 'session'; not ${typeof maxAge === 'string' ? JSON.stringify(maxAge) : String(maxAge)}`,
  )
}

/** Whether more than half of a session's life is over. */
export function isHalfOver(session: Session): boolean {
  const { maxAge, _expire: expire } = session as { maxAge?: unknown; _expire?: unknown }
  return typeof expire === 'number' && typeof maxAge === 'number' && expire - Date.now() < maxAge / 2
}
