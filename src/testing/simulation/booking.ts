import type { Session } from '../../session/session.ts'
import { checkCookies, confirmedAtOf } from './checks.ts'
import { now } from './time.ts'
import type { CookieFacts, KnownSession } from './facts.ts'
import { noteOver, savedName } from './learning.ts'
import { signInAgain } from './adoption.ts'
import { answerSignIn, finishSignIn, wasLostSince } from './model.ts'
import { type Begun, hadTrouble, isIn, mayLackAnswer, type Opened, type Wish } from './requests.ts'
import { identityOf, keepsChange } from './servers.ts'
import { createValues, never, type Write } from './values.ts'
import type { World } from './world.ts'

/** Books what an answer without an error promises. */
export function book(
  world: World,
  opened: Opened,
  session: Session<any>,
  wish: Wish,
  begun: Begun,
  cookies: readonly string[],
): void {
  const { process, cookie, openedAt } = opened
  const hasStore = process.config.places.length > 0
  const signsIn = wish.act === 'sign-in' || wish.act === 'change-password'
  const set = factsOf(world, cookies, opened, begun.write, signsIn ? session.userId : null)
  checkCookies(
    world,
    opened,
    set,
    cookies.some((text) => text.startsWith('session=;')),
    wish.act,
  )
  if (session.userId !== null) finishSignIn(world.model, session.userId, begun.signedInAt, now())
  if (cookie === null) return
  const { session: known, hash } = cookie
  if (hasStore && opened.outcome === 'active') known.storedAt = Math.min(known.storedAt, now())
  // A session that is refused is not ended once more.
  if (wish.act === 'sign-out' && (isIn(opened.outcome) || opened.outcome === 'unavailable')) {
    noteOver(process.learned, known.id)
    if (hasStore) process.learned.signedOut.push(known)
    if (hasStore && !world.wasToldOf('ended', known.id, begun.startedAt))
      world.wrong('no-event', `no event says that ${known.name} was signed out`)
  }
  if (set !== null && set.session === known && set.hash !== hash) {
    const old = known.secrets.get(hash)!
    if (hasStore) old.isOverSince = Math.min(old.isOverSince, now())
    noteOver(process.learned, hash)
  }
  const isCalm = hasStore && opened.outcome === 'active' && !mayLackAnswer(opened)
  // A use that cannot be noted is no error.
  if (isCalm && wish.act !== 'poll' && wish.act !== 'fail') known.sureUses.push({ at: openedAt, answeredAt: now() })
  if (begun.write !== null) bookWrite(world, opened, begun.write, set)
  if (isCalm) settle(cookie.session, [...cookie.carried.values(), ...(process.learned.kept.get(hash) ?? [])])
}

function bookWrite(world: World, { process, cookie, openedAt }: Opened, write: Write, set: CookieFacts | null): void {
  const { session, hash } = cookie!
  const { learned, config } = process
  write.answeredAt = now()
  if (write.isDropped) return
  const mayBeRefused = session.mayBeOverSince <= now() || session.secrets.get(hash)!.mayBeOverSince <= now()
  const hasStore = config.places.length > 0
  const mayBeCarried = !hasStore || (hadTrouble(process, openedAt) && config.unconfirmedFor > 0)
  const savedAt = learned.savedAt.get(savedName(session.id, write.key, write.value)) ?? -1
  // Another request may have saved its own addition meanwhile, so the time alone says nothing of a count.
  const isCountInCookie = write.key === 'count' && set !== null && keepsChange(set.value, 'count')
  const wasSaved = savedAt >= write.startedAt && !isCountInCookie
  if (wasSaved || !mayBeCarried) {
    if (!mayBeRefused && !wasLostSince(world.model, session, write.startedAt)) write.isSureSince = now()
  } else if (set !== null) {
    write.isKept = true
    learned.kept.set(hash, [...(learned.kept.get(hash) ?? []), write])
  }
  if (hasStore && set !== null && !wasSaved && !learned.saysDown && !mayBeRefused)
    world.wrong('kept-in-peace', `a change of ${session.name} is only in the cookie, although the store is not down`)
}

/** The store has taken the changes that a cookie kept during an outage, and those that the same process had sent to other tabs. */
function settle({ wasWithoutStore }: KnownSession, writes: readonly Write[]): void {
  for (const write of writes) {
    const isOpen = write.isKept && !write.isRefused && write.isSureSince === never && write.answeredAt !== never
    // Two servers may have counted from the same value.
    if (isOpen && write.key !== 'count' && !wasWithoutStore) write.isSureSince = now()
  }
}

/** Returns what the model knows of the user's cookie that a response sets. A new session begins with it. */
export function factsOf(
  world: World,
  cookies: readonly string[],
  opened: Opened,
  write: Write | null,
  user: string | null,
): CookieFacts | null {
  const text = cookies.find((each) => /^session=[^;]/.test(each))
  if (text === undefined) return null
  const value = text.slice('session='.length, text.indexOf(';'))
  const { process, cookie, outcome, wall } = opened
  const identity = identityOf(value)
  const hasStore = process.config.places.length > 0
  let session = world.model.sessions.get(identity.id)
  // The store does not hear of a renewal at a server that has none, and then refuses the new cookie.
  const isUnheard = session !== undefined && !hasStore
  if (session === undefined) {
    session = newSession(world, identity, opened, user)
    answerSignIn(world.model, session, world.plan.options.maxSessions, world.skewMs())
  } else if (user !== null) signInAgain(session, now(), world.skewMs())
  if (!session.secrets.has(identity.hash))
    session.secrets.set(identity.hash, {
      madeAt: now(),
      attempts: 0,
      mayBeOverSince: isUnheard ? now() : never,
      isOverSince: never,
    })
  if (!hasStore) session.wasWithoutStore = true
  // The read of a request may have no answer, and its write has one. The store has confirmed the session then. A write of another request
  // confirms nothing here: the change of this one is then not among those that were saved, or its cookie keeps it.
  const saved = write === null || write.isDropped ? session.id : savedName(session.id, write.key, write.value)
  const wasSaved = (process.learned.savedAt.get(saved) ?? -1) >= opened.openedAt && !keepsChange(value)
  const isOfOutage = outcome === 'unconfirmed' && session === cookie?.session && !wasSaved
  // A store that has taken a session in from one cookie ignores what others carry.
  const isIgnored = session !== cookie?.session || (hasStore && session.wasWithoutStore)
  const carried = new Map(isIgnored ? [] : cookie!.carried)
  // The new cookie is a copy of what the store has.
  if (hasStore && outcome === 'active') for (const [key, { isUndone }] of carried) if (isUndone) carried.delete(key)
  if (write !== null && !write.isDropped) carried.set(write.key, write)
  const facts = {
    value,
    session,
    hash: identity.hash,
    openedAt: opened.openedAt,
    carried,
    confirmedAt: !hasStore ? null : isOfOutage ? confirmedAtOf(process, cookie, wall) : wall,
  }
  world.cookies.set(value, facts)
  return facts
}

function newSession(
  world: World,
  { id, user }: { id: string; user: string | null },
  opened: Opened,
  asked: string | null,
): KnownSession {
  if (user !== asked) world.wrong('wrong-user', `a sign-in as ${asked} gives a cookie of ${user}`)
  return {
    name: world.sessionName(id),
    id,
    user,
    openedAt: opened.openedAt,
    answeredAt: now(),
    storedAt: opened.process.config.places.length === 0 ? never : now(),
    signedInAt: now(),
    mayBeOverSince: never,
    isOverSince: never,
    attempts: 0,
    secrets: new Map(),
    carriedFrom: opened.user === null ? opened.id : null,
    carriedCount: opened.user === null ? Number(opened.data?.['count'] ?? 0) : 0,
    values: createValues(),
    lastUseAt: now(),
    mayBeUncounted: false,
    sureUses: [{ at: opened.openedAt, answeredAt: now() }],
    wasWithoutStore: opened.process.config.places.length === 0,
    wasLost: false,
  }
}
