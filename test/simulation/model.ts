// What people were promised, and nothing of how it is kept. All instants are true time, whatever the clocks of servers say.
//
// "May be over" counts from the start of anything that may end a session. "Is over" counts from its answer. Between the two, both are
// right. The same holds for values: see values.ts.
import { never, type Values, type Write } from './values.ts'

/** A session, since the answer to its sign-in; a guest's since its first cookie. */
export interface KnownSession {
  /** Its name in stories. */
  readonly name: string
  readonly id: string
  readonly user: string | null
  /** When its sign-in was opened and answered. */
  readonly openedAt: number
  readonly answeredAt: number
  /** When the store had it, at the latest. A session that began without the store is adopted later. */
  storedAt: number
  /** When its user last signed in, at the latest. */
  signedInAt: number
  mayBeOverSince: number
  isOverSince: number
  /** How many calls may have ended it. */
  attempts: number
  /** By their hash. */
  readonly secrets: Map<string, Secret>
  /** The guest's session whose data it began with. */
  readonly carriedFrom: string | null
  /** The guest’s count that it began with. */
  readonly carriedCount: number
  readonly values: Values
  /** When it was last used at all, and when the store is certain to have noted a use. */
  lastUseAt: number
  sureUseAt: number
  /** Whether a server without a store has handled it. Then a revocation does not reach all its cookies. */
  wasWithoutStore: boolean
  /** Whether the store may have lost it, or its ending. */
  wasLost: boolean
}

/** A secret of a session: a renewal replaces it. */
export interface Secret {
  readonly madeAt: number
  mayBeOverSince: number
  isOverSince: number
}

/** What the model knows of the cookie of a signed-in user. */
export interface CookieFacts {
  readonly value: string
  readonly session: KnownSession
  readonly hash: string
  /** When a store last confirmed its session, by the clock of the server that sealed it; `null` if none has. */
  readonly confirmedAt: number | null
  /** The last write of each key that it has. */
  readonly carried: ReadonlyMap<string, Write>
}

/** A call of `revokeAll`. */
export interface Revocation {
  readonly user: string
  readonly except: string | null
  readonly startedAt: number
  answeredAt: number
  isDone: boolean
}

/** What a process of a server has learned, and how it and its store get on. A restart forgets. */
export interface Learned {
  readonly ended: Set<string>
  readonly replaced: Set<string>
  /** The cookies that it has refused as over. */
  readonly refused: Set<string>
  /** By its own clock, when it first saw a cookie. */
  readonly firstSeen: Map<string, number>
  /** What its cookies have kept during an outage, by secret: it merges them, whichever cookie comes back. A renewal forgets them. */
  readonly kept: Map<string, Write[]>
  /** The sessions that were signed out here. It repeats the end until the store has answered. */
  readonly signedOut: KnownSession[]
  /** When the store last took a write of each session, and of each value. */
  readonly savedAt: Map<string, number>
  /** Whether it has said that its store is down. */
  saysDown: boolean
  /** Until when failed calls can still show. */
  troubleUntil: number
  /** No call was answered since one failed. */
  isDoubtful: boolean
}

export const createLearned = (): Learned => ({
  ended: new Set(),
  replaced: new Set(),
  refused: new Set(),
  firstSeen: new Map(),
  kept: new Map(),
  signedOut: [],
  savedAt: new Map(),
  saysDown: false,
  troubleUntil: -1,
  isDoubtful: false,
})

export interface Model {
  readonly sessions: Map<string, KnownSession>
  readonly revocations: Revocation[]
  /** When a sign-in of a user began that was not refused: for the limit of sessions. */
  readonly signIns: { readonly user: string; readonly at: number }[]
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

/** Whether a cookie that no store has confirmed may be adopted once more, whatever the store knew of its session before. */
export const isAdoptedAgain = ({ wasWithoutStore, wasLost }: KnownSession): boolean => wasWithoutStore && wasLost

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

/** A sign-in may end other sessions of its user, if there are as many as the limit allows. */
export function startSignIn(model: Model, user: string, at: number, limit: number): void {
  model.signIns.push({ user, at })
  if (model.signIns.filter((signIn) => signIn.user === user).length > limit)
    for (const session of sessionsOf(model, user)) mayEnd(session, at)
}

/** The answer to a sign-in has come, with a cookie. A revocation meanwhile holds for it. */
export function answerSignIn(model: Model, session: KnownSession, limit: number): void {
  model.sessions.set(session.id, session)
  const { user, openedAt, answeredAt } = session
  if (wasLostSince(model, session, openedAt)) mayEnd(session, openedAt)
  if (model.revokedEarly.has(session.id)) mayEnd(session, model.revokedEarly.get(session.id)!)
  for (const revocation of model.revocations) {
    if (revocation.user !== user || revocation.except === session.id) continue
    if (openedAt <= revocation.answeredAt + cutoffSlackMs) mayEnd(session, revocation.startedAt)
    if (revocation.isDone && openedAt < revocation.startedAt)
      hasEnded(session, Math.max(answeredAt, revocation.answeredAt))
  }
  // Of sign-ins at the same time, the limit may end either: the clocks of servers say which began first.
  const all = model.signIns.filter((signIn) => signIn.user === user)
  if (all.length > limit && all.filter((signIn) => signIn.at >= openedAt).length > 1) mayEnd(session, openedAt)
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

/**
 * A session that began without the store has only the time of its sign-in by another clock. It is cut off only if that clock was ahead
 * of the store's by less than this, in milliseconds.
 */
const adoptionSlackMs = 60_000

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
  for (const session of sessionsOf(model, user))
    if (session.id !== except && session.openedAt < startedAt && (!session.wasWithoutStore || skewMs < adoptionSlackMs))
      hasEnded(session, at)
  if (wasLostSince(model, { user, id: '' }, startedAt)) revocation.isDone = false
  const began = (id: string | null) => (id === null ? never : (model.sessions.get(id)?.answeredAt ?? never))
  return model.revocations.find(
    (other) =>
      other.isDone &&
      other.user === user &&
      other.except !== except &&
      Math.max(began(other.except), began(except)) < Math.min(other.startedAt, startedAt),
  )
}

/** The store has lost a user's sessions, or a guest's. What it does not have cannot open, but also not be ended. */
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

/** The store has lost what it did after an instant: nothing of that is certain any more. */
export function rollBack(model: Model, until: number, at: number): void {
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
    session.sureUseAt = Math.min(session.sureUseAt, until)
    session.values.rollBack(until)
  }
  for (const each of model.revocations) if (each.answeredAt >= until) each.isDone = false
}
