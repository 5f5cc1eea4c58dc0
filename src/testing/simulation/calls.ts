// Calls of a server about sessions that belong to no visitor's request.
import type { RevocationOfAll } from '../../sessions.ts'
import type { Session } from '../../session/session.ts'
import { busyMs, now, sleep, stalledAt } from './time.ts'
import { isAdoptedAgain } from './facts.ts'
import { mayBeOld } from './last-use.ts'
import { noteSeen } from './learning.ts'
import { answerRevocation, hasEnded, isOver, mayBeOver, mayEnd, startRevocation } from './model.ts'
import { storeTimeoutMs } from './network.ts'
import { cookiesOf, valueIn } from './people.ts'
import { hadTrouble } from './requests.ts'
import type { Process } from './servers.ts'
import { never } from './values.ts'
import type { World } from './world.ts'

export async function watch(
  world: World,
  process: Process,
  { browser, forMs }: { browser: number; forMs: number },
): Promise<void> {
  const header = cookiesOf(world.browsers[browser % world.browsers.length]!)
  const cookie = world.cookies.get(valueIn(header, 'session') ?? '')
  noteSeen(process, cookie?.value)
  const session = await process.sessions.open(header)
  if (cookie === undefined || session.outcome !== 'active' || !process.sessions.revocable) return
  const until = new AbortController()
  const signal = process.sessions.watch(session, { until: until.signal })
  world.tell(() => `The ${world.browsers[browser]!.name} watches ${cookie.session.name} at ${process.server.name}.`)
  let reason: string | null = null
  signal.addEventListener('abort', () => {
    reason = String(signal.reason)
    const isTimeout = reason === 'idle' || reason === 'expired'
    if (!isTimeout && !mayBeOver(cookie.session, cookie.hash, now()))
      world.wrong('watch-aborts', `the watch of ${cookie.session.name} says ${reason}, although nothing has ended it`)
  })
  await sleep(forMs)
  if (
    reason === null &&
    !hadTrouble(process, now() - 4000) &&
    !world.isMoving &&
    // The store has nothing to end then, and sends no notice.
    !cookie.session.wasLost &&
    isOver(cookie.session, cookie.hash, now() - 3000)
  )
    world.wrong('watch-missed', `the watch of ${cookie.session.name} does not say that it is over`)
  until.abort()
}

/** Lists a user's sessions. Resolves to `null` if the store does not answer. */
export async function list(
  world: World,
  process: Process,
  user: string,
  isLast = false,
): Promise<readonly string[] | null> {
  const { sessions, config } = process
  if (!sessions.revocable) return null
  const startedAt = now()
  const busyBefore = busyMs()
  const found = await sessions.list(user).catch(() => null)
  if (now() - startedAt > 2.4 * storeTimeoutMs + 100 + busyMs() - busyBefore)
    world.wrong('waits-too-long', 'list takes longer than it may')
  world.tell(
    () =>
      `${process.server.name} lists ${found === null ? 'nothing: no answer' : `${found.length} sessions of ${user}`}.`,
  )
  if (found === null) {
    if (!hadTrouble(process, startedAt))
      world.wrong('unavailable-in-peace', 'list has no answer although the store answers')
    return null
  }
  const ids = found.map(({ id }) => id)
  const isAdopted = [...world.model.sessions.values()].some(({ wasWithoutStore }) => wasWithoutStore)
  const counted = ids.filter((id) => !world.model.sessions.get(id)?.mayBeUncounted)
  // By a clock so far ahead even a new session is idle, and a sign-in does not count it.
  const isSure = !isAdopted && world.skewMs() < world.plan.options.idleTimeout * 900
  if (isSure && counted.length > world.plan.options.maxSessions)
    world.wrong('over-limit', `${ids.length} sessions of ${user}`)
  for (const session of world.model.sessions.values()) {
    if (session.user !== user) continue
    const isListed = ids.includes(session.id)
    if (isListed && session.isOverSince < startedAt && !isAdoptedAgain(session))
      world.wrong('list-shows-over', `${session.name} is listed although it has ended`)
    const mustBe = session.answeredAt < startedAt && session.mayBeOverSince === never && !session.wasWithoutStore
    const isOld = mayBeOld(session, startedAt, world.plan.options, world.skewMs())
    if (!isListed && mustBe && !isOld && config.places.length === 1)
      world.wrong('list-misses', `${session.name} is not listed`)
  }
  // No browser got a cookie of it, so its sign-in has failed. The server ends it, unless it was killed. A failover may undo that end.
  const wasUndone = world.model.losses.some(({ unit }) => unit === null)
  const wasStalled = stalledAt() > startedAt - 10_000
  if (isLast && !world.wasKilled && !wasUndone && !wasStalled && config.places.length === 1)
    for (const id of ids)
      if (!world.model.sessions.has(id))
        world.wrong('failed-sign-in-lives', `a session of ${user} is listed although its sign-in has failed`)
  return ids
}

export async function revokeOne(world: World, process: Process, user: string): Promise<void> {
  const ids = await list(world, process, user)
  const id = ids?.[0]
  if (id === undefined) return
  const session = world.model.sessions.get(id)
  const startedAt = now()
  const wasLive = session !== undefined && session.mayBeOverSince === never && session.answeredAt < startedAt
  if (session === undefined) world.model.revokedEarly.set(id, startedAt)
  mayEnd(session, startedAt)
  const attempts = session?.attempts
  const answer = await process.sessions.revoke(user, id).catch(() => null)
  world.tell(() => `${process.server.name} answers revoke(${world.sessionName(id)}) with ${JSON.stringify(answer)}.`)
  if (answer === null) return
  if (answer.ended > 0) hasEnded(session, now())
  else if (wasLive && session.attempts === attempts)
    world.wrong('revoke-missed', `revoke ends nothing, although ${session.name} is live`)
}

export async function revokeAll(world: World, process: Process, user: string): Promise<void> {
  if (!process.sessions.revocable) return
  const answer = await endAllOf(world, process, user).catch(() => null)
  world.tell(() => `${process.server.name} answers revokeAll(${user}) with ${JSON.stringify(answer)}.`)
}

/** Calls `revokeAll`, and books what it promises. */
export async function endAllOf(
  world: World,
  { sessions }: Process,
  user: string,
  except?: Session<any>,
): Promise<RevocationOfAll> {
  const revocation = startRevocation(world.model, user, except?.id ?? null, now())
  const busyBefore = busyMs()
  let isDone = false
  try {
    const answer = await sessions.revokeAll(user, { except })
    isDone = !answer.exceptEnded
    return answer
  } finally {
    if (answerRevocation(world.model, revocation, isDone, now(), world.skewMs()) !== undefined)
      world.wrong('nobody-left', `two calls of revokeAll(${user}) succeed, and each ended the session of the other`)
    if (now() - revocation.startedAt > 2100 + busyMs() - busyBefore)
      world.wrong('waits-too-long', 'revokeAll takes longer than 2 s')
  }
}
