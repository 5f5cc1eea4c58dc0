// The promises to people, and nothing of how they are kept. All instants are true time, whatever the clocks of servers say.
//
// "May be over" counts from the start of anything that may end a session. "Is over" counts from its answer. Between the two, both are
// right. The same holds for values: see values.ts.
import { adoptionSlackMs, isReached } from './adoption.ts'
import { isAdoptedAgain, type KnownSession, type Revocation } from './facts.ts'
import { mayBeOld } from './last-use.ts'
import type { PlanOptions } from './plan.ts'
import { never, type Write } from './values.ts'

export interface Model {
  readonly sessions: Map<string, KnownSession>
  readonly revocations: Revocation[]
  /** When a sign-in of a user began that was not refused, and when it was answered: for the limit of sessions. */
  readonly signIns: { readonly user: string; readonly at: number; answeredAt: number }[]
  /** Sessions that were revoked before their sign-in was answered, and when. */
  readonly revokedEarly: Map<string, number>
  /** When the store has lost a user, or a guest; `null` for some of all. */
  readonly losses: { readonly unit: string | null; readonly at: number }[]
}

export const createModel = (): Model => ({
  sessions: new Map(),
  revocations: [],
  signIns: [],
  losses: [],
  revokedEarly: new Map(),
})

export const wasLostSince = (
  { losses }: Model,
  { user, id }: Pick<KnownSession, 'user' | 'id'>,
  since: number,
): boolean => losses.some((loss) => loss.at >= since && (loss.unit === null || loss.unit === (user ?? id)))

const sessionsOf = ({ sessions }: Model, user: string): KnownSession[] =>
  [...sessions.values()].filter((session) => session.user === user)

/** Whether a cookie may be refused as over at an instant. */
export function mayBeOver(session: KnownSession, hash: string, at: number): boolean {
  return session.mayBeOverSince <= at || (session.secrets.get(hash)?.mayBeOverSince ?? 0) <= at
}

/** Whether a cookie must be refused by every server that can ask its store, if the request was opened at an instant. */
export function isOver(session: KnownSession, hash: string, openedAt: number): boolean {
  return session.isOverSince < openedAt || (session.secrets.get(hash)?.isOverSince ?? never) < openedAt
}

export function mayEnd(session: KnownSession | undefined, at: number): void {
  if (session === undefined) return
  session.attempts++
  session.mayBeOverSince = Math.min(session.mayBeOverSince, at)
}

export function hasEnded(session: KnownSession | undefined, at: number): void {
  if (session === undefined) return
  mayEnd(session, at)
  session.isOverSince = Math.min(session.isOverSince, at)
}

/**
 * A sign-in may end another session of its user, if as many as the limit allows were under way since, by the clocks of servers. The store
 * may take an earlier one last.
 */
export function startSignIn(model: Model, user: string, at: number, options: PlanOptions, skewMs: number): void {
  model.signIns.push({ user, at, answeredAt: never })
  for (const session of sessionsOf(model, user)) {
    if (isExcess(model, session, options.maxSessions, skewMs)) mayEnd(session, at)
    if (mayBeOld(session, at, options, skewMs)) session.mayBeUncounted = true
  }
}

/** The answer to a sign-in has come. It ends no session later. */
export function finishSignIn({ signIns }: Model, user: string, at: number, answeredAt: number): void {
  for (const each of signIns) if (each.user === user && each.at === at) each.answeredAt = answeredAt
}

/** A sign-in was refused for the limit, so it neither started nor ended a session. */
export function refuseSignIn({ signIns }: Model, user: string, at: number): void {
  const index = signIns.findIndex((each) => each.user === user && each.at === at)
  if (index !== -1) signIns.splice(index, 1)
}

/** How many sessions of a user may be live at an instant: those that were not ended, and those of sign-ins without an answer. */
export const countMayBeLive = (model: Model, user: string, at: number): number =>
  model.signIns.filter((signIn) => signIn.user === user).length -
  sessionsOf(model, user).filter((session) => session.isOverSince < at && !isAdoptedAgain(session)).length

const isExcess = ({ signIns }: Model, { user, openedAt }: KnownSession, limit: number, skewMs: number): boolean =>
  signIns.filter((signIn) => signIn.user === user && signIn.answeredAt >= openedAt - skewMs).length > limit

/** The answer to a sign-in has come, with a cookie. A revocation meanwhile holds for it. */
export function answerSignIn(model: Model, session: KnownSession, limit: number, skewMs: number): void {
  model.sessions.set(session.id, session)
  const { user, openedAt, answeredAt } = session
  if (wasLostSince(model, session, openedAt)) mayEnd(session, openedAt)
  if (model.revokedEarly.has(session.id)) mayEnd(session, model.revokedEarly.get(session.id)!)
  for (const revocation of model.revocations) {
    if (revocation.user !== user || revocation.except === session.id) continue
    const slackMs = session.wasWithoutStore ? adoptionSlackMs + skewMs : cutoffSlackMs
    if (openedAt <= revocation.answeredAt + slackMs) mayEnd(session, revocation.startedAt)
    if (revocation.isDone && openedAt < revocation.startedAt && isReached(session, skewMs))
      hasEnded(session, Math.max(answeredAt, revocation.answeredAt))
  }
  if (isExcess(model, session, limit, skewMs)) mayEnd(session, openedAt)
}

/** A sign-in so long after a revocation may be refused: the store counts the time that the call may take. */
export const cutoffSlackMs = 650

/** Whether a sign-in may be refused that was opened at an instant. */
export const mayRefuseSignIn = (
  { revocations, revokedEarly, signIns, sessions }: Model,
  user: string,
  openedAt: number,
  limit: number,
): boolean =>
  signIns.filter((each) => each.user === user).length > limit ||
  revocations.some((each) => each.user === user && openedAt <= each.answeredAt + cutoffSlackMs) ||
  [...revokedEarly].some(([id, at]) => at >= openedAt && !sessions.has(id))

const isUnheardOf = ({ sessions }: Model, id: string | null): boolean =>
  id !== null && sessions.get(id)?.wasWithoutStore === true

export function startRevocation(model: Model, user: string, except: string | null, at: number): Revocation {
  const revocation: Revocation = { user, except, startedAt: at, answeredAt: never, isDone: false }
  model.revocations.push(revocation)
  for (const session of sessionsOf(model, user)) if (session.id !== except) mayEnd(session, at)
  return revocation
}

/** Returns another revocation that says the same although each ended the session that the other kept. */
export function answerRevocation(
  model: Model,
  revocation: Revocation,
  isDone: boolean,
  at: number,
  skewMs: number,
): Revocation | undefined {
  revocation.answeredAt = at
  revocation.isDone = isDone
  if (!isDone) return undefined
  const { user, except, startedAt } = revocation
  // The store may have lost the cutoff before it was answered. Then no cutoff refuses a sign-in that was on its way.
  const isCutoffLost = wasLostSince(model, { user, id: '' }, startedAt)
  for (const session of sessionsOf(model, user)) {
    const isSure = session.openedAt < startedAt && (session.wasLost || !isCutoffLost)
    if (session.id !== except && isSure && isReached(session, skewMs)) hasEnded(session, at)
  }
  if (isCutoffLost) revocation.isDone = false
  const began = (id: string | null) => (id === null ? never : (model.sessions.get(id)?.answeredAt ?? never))
  return model.revocations.find(
    (other) =>
      other.isDone &&
      other.user === user &&
      other.except !== except &&
      !(skewMs >= adoptionSlackMs && [except, other.except].some((id) => isUnheardOf(model, id))) &&
      Math.max(began(other.except), began(except)) < Math.min(other.startedAt, startedAt),
  )
}

/** The store has lost a user's sessions, or a guest's. A session that it does not have cannot open, but also not be ended. */
export function forget(model: Model, unit: string, at: number): void {
  model.losses.push({ unit, at })
  for (const session of model.sessions.values()) {
    if ((session.user ?? session.id) !== unit) continue
    mayEnd(session, at)
    session.wasLost = true
  }
  // A sign-in that is on its way is not refused by a cutoff that is gone.
  for (const each of model.revocations) if (each.user === unit) each.isDone = false
}

/** Whether the store has taken a write of a session since a failover's instant, also from a cookie. */
type WasSaved = (session: KnownSession, write: Write) => boolean

/** The store has lost what it did after an instant: nothing of that is certain any more. */
export function rollBack(model: Model, until: number, at: number, wasSaved: WasSaved): void {
  model.losses.push({ unit: null, at })
  const later = (at: number): boolean => at !== never && at >= until
  for (const session of model.sessions.values()) {
    if (session.storedAt >= until) mayEnd(session, until)
    if (later(session.isOverSince)) session.isOverSince = never
    for (const secret of session.secrets.values()) {
      if (later(secret.isOverSince)) secret.isOverSince = never
      if (later(secret.madeAt)) secret.mayBeOverSince = Math.min(secret.mayBeOverSince, until)
    }
    session.wasLost = true
    session.sureUses = session.sureUses.filter(({ answeredAt }, index) => index === 0 || answeredAt < until)
    session.values.rollBack(until, (write) => wasSaved(session, write))
  }
  for (const each of model.revocations) if (each.answeredAt >= until) each.isDone = false
}
