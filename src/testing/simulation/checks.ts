// Compares what a server did with what was promised.
import { checkData } from './check-data.ts'
import { now, stalledAt } from './time.ts'
import { type CookieFacts, isAdoptedAgain } from './facts.ts'
import { lastUseBefore } from './last-use.ts'
import { isOver, mayBeOver } from './model.ts'
import { hadTrouble, isIn, mayLackAnswer, type Opened } from './requests.ts'
import type { Process } from './servers.ts'
import { never } from './values.ts'
import { count, unchecked, type World } from './world.ts'

/** How much longer a request may take than its limit, because quick answers do not count. */
const slackMs = 120
export const requestLimitMs = 550 + slackMs

/** A server asks a store that was down a second after its last call has failed, which takes two. */
const retryMs = 3200

export function checkOpened(world: World, opened: Opened): void {
  const { cookie, outcome, user } = opened
  if (cookie === null) {
    if (user !== null) world.wrong('guest-is-user', `a visitor without a user’s cookie is in as ${user}`)
  } else if (isIn(outcome)) {
    checkIn(world, opened, cookie)
  } else {
    checkOut(world, opened, cookie)
  }
  if (opened.data !== null) checkData(world, opened)
}

function checkIn(world: World, opened: Opened, cookie: CookieFacts): void {
  const { process, outcome, user, openedAt } = opened
  const { session, hash } = cookie
  const hasStore = process.config.places.length > 0
  if (user !== session.user) world.wrong('wrong-user', `${session.name} of ${session.user} opens as ${user}`)
  const { learned } = process
  if (outcome === 'unconfirmed') {
    checkCopy(world, opened, cookie)
    if (learned.heard.has(session.id))
      world.wrong('opens-known-over', `${session.name} opens, which this server has heard is over`)
    else if (learned.heard.has(hash))
      world.wrong('opens-known-renewed', `a cookie of ${session.name} opens that this server has heard is replaced`)
  } else if (hasStore) {
    if (session.user !== null) session.storedAt = Math.min(session.storedAt, now())
    if (isAdoptedAgain(session))
      count(unchecked, 'opens of sessions that began without the store, and that the store has lost')
    else if (session.isOverSince < openedAt) world.wrong('opens-over', `${session.name} opens although it has ended`)
    else if (isOver(session, hash, openedAt)) world.wrong('opens-renewed', `a replaced cookie of ${session.name} opens`)
  }
  // A store may have answered a request just before the session ended.
  const knownSince = Math.min(...[session.id, hash].map((name) => learned.over.get(name) ?? never))
  if (outcome === 'unconfirmed' ? knownSince < never : knownSince < openedAt)
    world.wrong(
      'opens-known-over',
      `${session.name} opens, which this server itself has ended or renewed, or read as ended`,
    )
  const { idleTimeout, absoluteTimeout } = world.plan.options
  const skew = world.skewMs() + 1000
  if (openedAt - session.signedInAt > absoluteTimeout * 1000 + skew)
    world.wrong('outlives-limit', `${session.name} opens after its absolute timeout`)
  if (openedAt - session.lastUseAt > idleTimeout * 1000 + skew)
    world.wrong('outlives-limit', `${session.name} opens after its idle timeout`)
}

/** How far another server's clock may be ahead, in milliseconds. */
const maxAheadMs = 120_000

/** Returns when a store last confirmed a cookie's session, as its server sees it: a time in the future counts as the first sight. */
export function confirmedAtOf(process: Process, { value, confirmedAt }: CookieFacts, wall: number): number | null {
  const first = process.learned.firstSeen.get(value) ?? wall
  return confirmedAt === null || confirmedAt - first > maxAheadMs + 5 ? null : Math.min(confirmedAt, first)
}

function checkCopy(world: World, { process, openedAt, wall }: Opened, cookie: CookieFacts): void {
  const { session } = cookie
  if (!hadTrouble(process, openedAt))
    world.wrong('unconfirmed-in-peace', `${session.name} is unconfirmed although the store answers`)
  const confirmed = confirmedAtOf(process, cookie, wall) ?? -never
  // A clock that was set back does not tell how long ago that was.
  if (wall - confirmed > process.config.unconfirmedFor * 1000 + 5 || confirmed - wall > maxAheadMs + 5)
    world.wrong(
      'unconfirmed-too-long',
      `${session.name} opens from its copy although no store has confirmed it for longer than it may`,
    )
}

function checkOut(world: World, opened: Opened, cookie: CookieFacts): void {
  const { process, outcome, openedAt } = opened
  const { session, hash } = cookie
  const skew = world.skewMs() + 1000
  const { idleTimeout, absoluteTimeout, touchAfter } = world.plan.options
  switch (outcome) {
    case 'ended':
    case 'revoked':
    case 'limit':
      // It may know that since then, so an answer to a later read may correct it.
      if (!process.learned.heard.has(hash))
        process.learned.heard.set(hash, {
          at: Math.min(session.mayBeOverSince, session.secrets.get(hash)!.mayBeOverSince),
        })
      if (!mayBeOver(session, hash, now()))
        world.wrong('signed-out', `${session.name} is ${outcome} although nothing has ended it`)
      return
    case 'idle':
      // An old cookie of a server without a store is all that the next one knows of the last use.
      if (!session.wasWithoutStore && now() - lastKnownUse(opened, cookie) < (idleTimeout - touchAfter) * 1000 - skew)
        world.wrong('signed-out', `${session.name} is idle although it was in use`)
      return
    case 'expired':
      if (now() - session.openedAt < absoluteTimeout * 1000 - skew)
        world.wrong('signed-out', `${session.name} has expired too early`)
      return
    case 'unavailable':
      if (process.config.places.length > 0 && !mayLackAnswer(opened))
        world.wrong('unavailable-in-peace', `${session.name} is unavailable although the store answers`)
      if (
        process.config.places.length > 0 &&
        process.learned.calledAt < openedAt - retryMs &&
        stalledAt() < openedAt - 2 * retryMs
      )
        world.wrong('unavailable-unasked', `${session.name} is unavailable, and the store was not even asked`)
      return
    default:
      world.wrong('signed-out', `${session.name} is ${outcome}`)
  }
}

/** Returns the last use that a server must know of. Without an answer of its store, it knows that of the cookie. */
function lastKnownUse(opened: Opened, { session, openedAt }: CookieFacts): number {
  const noted = lastUseBefore(session, opened.openedAt)
  return mayLackAnswer(opened) ? Math.min(noted, openedAt) : noted
}

/** Checks that a response changes the user's cookie only as it may. */
export function checkCookies(
  world: World,
  opened: Opened,
  set: CookieFacts | null,
  isCleared: boolean,
  act: string,
): void {
  const signsIn = act === 'sign-in' || act === 'change-password'
  if (isCleared && act !== 'sign-out') world.wrong('cookie-cleared', 'the response clears the user’s cookie')
  if (set !== null && !signsIn && set.session !== opened.cookie?.session)
    world.wrong('cookie-replaced', 'the response sets the cookie of another session')
}
