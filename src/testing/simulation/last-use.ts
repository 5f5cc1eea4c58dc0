import type { KnownSession } from './facts.ts'
import type { PlanOptions } from './plan.ts'

/** Returns the last use that a store has noted before an instant. */
export const lastUseBefore = ({ sureUses }: KnownSession, instant: number): number =>
  Math.max(...sureUses.flatMap(({ at, answeredAt }, index) => (index === 0 || answeredAt < instant ? at : [])))

/** Whether a server may take a session for idle or expired at an instant, or soon after it. */
export function mayBeOld(session: KnownSession, at: number, options: PlanOptions, skewMs: number): boolean {
  const { idleTimeout, touchAfter, absoluteTimeout } = options
  const latest = at + skewMs + 1000
  return (
    latest - lastUseBefore(session, at) > (idleTimeout - touchAfter) * 1000 ||
    latest - session.openedAt > absoluteTimeout * 1000
  )
}
