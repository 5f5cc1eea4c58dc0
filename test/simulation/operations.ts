import { hadTrouble } from './checks.ts'
import { after, begin, now, sleep, type Context } from './clock.ts'
import {
  answerRevocation,
  forget,
  hasEnded,
  isAdoptedAgain,
  isOver,
  mayBeOver,
  mayEnd,
  rollBack,
  startRevocation,
} from './model.ts'
import { storeTimeoutMs, type Fault } from './network.ts'
import { copyCookies, cookiesOf, receive, valueIn } from './people.ts'
import { thief, users, type Operation } from './plan.ts'
import { createRandom } from './random.ts'
import { roll } from './rolling.ts'
import type { Process, Server } from './servers.ts'
import { never } from './values.ts'
import { visit, type Wish } from './visit.ts'
import { count, unchecked, type World } from './world.ts'

/** Performs one operation of a plan. */
export async function perform(world: World, operation: Operation, context: Context): Promise<void> {
  const server = world.servers[operation.server % world.servers.length]!
  const { process } = server
  const there = { machine: process.machine, random: context.random }
  switch (operation.kind) {
    case 'visit':
      return browse(world, server, operation, context)
    case 'copy':
      world.tell(() => `The thief copies the cookies of the ${world.browsers[operation.browser]!.name}.`)
      return copyCookies(world.browsers[operation.browser]!, world.browsers[thief]!)
    case 'watch':
      return begin(there, async () => watch(world, process, operation))
    case 'list':
      return begin(there, async () => void (await list(world, process, operation.user)))
    case 'revoke':
      return begin(there, async () => revokeOne(world, process, operation.user))
    case 'revoke-all':
      return begin(there, async () => revokeAll(world, process, operation.user))
    case 'restart':
      world.tell(() => `${server.name} is killed and starts again.`)
      world.noteFault('restart', 5000)
      return world.restart(server)
    case 'jump':
      world.tell(() => `The clock of ${server.name} jumps by ${operation.byMs / 1000} s.`)
      return world.jump(server, operation.byMs)
    case 'fault':
    case 'evict':
    case 'wipe':
    case 'failover':
      return hurt(world, operation, server, context)
    default:
      world.rolling = world.rolling.then(async () => begin(context, async () => roll(world, operation)))
  }
}

type VisitOperation = Operation & { readonly kind: 'visit' }

/** A person does something in a browser. If there is no answer, or an error, they may try again. */
async function browse(world: World, first: Server, operation: VisitOperation, context: Context): Promise<void> {
  const browser = world.browsers[operation.browser % world.browsers.length]!
  const wish: Wish = { ...operation, who: `The ${browser.name}`, form: operation.act === 'write' ? browser.form : null }
  const ask = (server: Server, left: number): void => {
    const { process } = server
    const again = (): void => {
      if (left > 0) after(500 + context.random.between(0, 1500), () => ask(server, left - 1), context)
    }
    const there = { machine: process.machine, random: context.random }
    const header = cookiesOf(browser)
    begin(there, async () => visit(world, process, header, wish)).then(
      ({ status, cookies, form }) =>
        after(
          operation.backMs,
          () => {
            if (operation.isLost) {
              world.tell(() => `  The response never reaches the ${browser.name}.`)
              return again()
            }
            receive(browser, cookies)
            browser.form = form ?? browser.form
            if (status === 503) again()
          },
          context,
        ),
      (error: unknown) => world.wrong('throws', `${operation.act} rejects with ${String(error)}`),
    )
  }
  ask(first, operation.retries)
}

async function watch(
  world: World,
  process: Process,
  { browser, forMs }: { browser: number; forMs: number },
): Promise<void> {
  const header = cookiesOf(world.browsers[browser % world.browsers.length]!)
  const cookie = world.cookies.get(valueIn(header, 'session') ?? '')
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
    isOver(cookie.session, cookie.hash, now() - 3000)
  )
    world.wrong('watch-missed', `the watch of ${cookie.session.name} does not say that it is over`)
  until.abort()
}

/** Lists a user's sessions. Resolves to `null` if the store does not answer. */
async function list(world: World, process: Process, user: string, isLast = false): Promise<readonly string[] | null> {
  const { sessions, config } = process
  if (!sessions.revocable) return null
  const startedAt = now()
  const found = await sessions.list(user).catch(() => null)
  if (now() - startedAt > 2.4 * storeTimeoutMs + 100) world.wrong('waits-too-long', 'list takes longer than it may')
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
  const isSkewed = world.skewMs() > world.plan.options.idleTimeout * 250
  if (ids.length > world.plan.options.maxSessions && !isAdopted && !isSkewed)
    world.wrong('over-limit', `${user} has ${ids.length} sessions`)
  for (const session of world.model.sessions.values()) {
    if (session.user !== user) continue
    const isListed = ids.includes(session.id)
    if (isListed && session.isOverSince < startedAt && !isAdoptedAgain(session))
      world.wrong('list-shows-over', `${session.name} is listed although it has ended`)
    const mustBe = session.answeredAt < startedAt && session.mayBeOverSince === never && !session.wasWithoutStore
    const { idleTimeout, absoluteTimeout } = world.plan.options
    const isOld =
      now() - session.sureUseAt > idleTimeout * 500 - world.skewMs() ||
      now() - session.openedAt > absoluteTimeout * 500 - world.skewMs()
    if (!isListed && mustBe && !isOld && config.places.length === 1)
      world.wrong('list-misses', `${session.name} is not listed`)
  }
  // Nobody got a cookie of it, so its sign-in has failed. The server ends it, unless it was killed.
  if (isLast && !world.wasKilled && config.places.length === 1)
    for (const id of ids)
      if (!world.model.sessions.has(id))
        world.wrong('failed-sign-in-lives', `a session of ${user} is listed whose sign-in has failed`)
  return ids
}

async function revokeOne(world: World, process: Process, user: string): Promise<void> {
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

async function revokeAll(world: World, process: Process, user: string): Promise<void> {
  if (!process.sessions.revocable) return
  const revocation = startRevocation(world.model, user, null, now())
  const startedAt = now()
  const answer = await process.sessions.revokeAll(user).catch(() => null)
  if (now() - startedAt > 2100) world.wrong('waits-too-long', 'revokeAll takes longer than 2 s')
  world.tell(() => `${process.server.name} answers revokeAll(${user}) with ${JSON.stringify(answer)}.`)
  answerRevocation(world.model, revocation, answer !== null && !answer.exceptEnded, now(), world.skewMs())
}

type Hurt = Operation & { readonly kind: 'fault' | 'evict' | 'wipe' | 'failover' }

/** Breaks something. */
async function hurt(world: World, operation: Hurt, server: Server, context: Context): Promise<void> {
  const place = world.places[operation.seed % world.places.length]!
  const add = (kind: Fault['kind'], share: number, forMs: number, only: string | null): void => {
    const fault: Fault = { kind, server: only, share, until: now() + forMs }
    place.faults.add(fault)
    after(forMs, () => void place.faults.delete(fault), context)
  }
  if (operation.kind === 'fault') {
    const only = operation.isForAll ? null : server.name
    world.tell(
      () =>
        `For ${operation.forMs / 1000} s, ${only ?? 'every server'} and ${place.name}: ${operation.fault}${operation.share < 1 ? `, ${operation.share * 100} % of calls` : ''}.`,
    )
    return add(operation.fault, operation.share, operation.forMs, only)
  }
  // A move copies what one store has lost from the other, or takes it for ended. No promise says which.
  if (world.isMoving) return count(unchecked, 'losses of data during a move: left out')
  if (operation.kind === 'evict') {
    world.tell(() => `The store evicts all of ${operation.user}.`)
    world.noteFault('evict', 20_000)
    for (const each of world.places) each.database.evict(operation.user)
    return forget(world.model, operation.user, now())
  }
  world.noteFault(operation.kind, 20_000)
  place.generation++
  add('down', 1, operation.forMs, null)
  if (operation.kind === 'wipe') {
    world.tell(() => `${place.name} restarts without its data, within ${operation.forMs / 1000} s.`)
    for (const unit of new Set([...users, ...place.database.units])) forget(world.model, unit, now())
    return place.database.clear()
  }
  const until = now() - operation.lagMs
  world.tell(
    () =>
      `${place.name} fails over to a replica that is ${operation.lagMs / 1000} s behind, within ${operation.forMs / 1000} s.`,
  )
  place.database.rollBackTo(until)
  // Before a move, a replica had nothing.
  rollBack(world.model, until < place.filledAt ? -1 : until, now())
}

/** The last phase: everything is healed, and every cookie is shown to every server. */
export async function finish(world: World): Promise<void> {
  await sleep(12_000)
  for (const place of world.places) place.faults.clear()
  await world.rolling
  await sleep(6000)
  for (const { process } of world.servers)
    for (const session of process.learned.signedOut) if (!session.wasLost) hasEnded(session, now() - 1)
  world.tell(() => 'All is well again, and every cookie is shown to every server.')
  const wish: Wish = { who: 'A copy of a cookie', act: 'read', key: '', user: '', handlerMs: 0 }
  const random = createRandom(world.plan.seed + 2)
  for (const [index, { process }] of world.servers.entries()) {
    const there = { machine: process.machine, random }
    const show = async (header: string, who: string) =>
      begin(there, async () => visit(world, process, header, { ...wish, who }))
    for (const browser of world.browsers) await show(cookiesOf(browser), `The ${browser.name}`)
    // Where there are many cookies, each is shown to one server.
    const values = Array.from(world.cookies.keys())
    for (const [at, value] of values.entries())
      if (values.length <= 8 || at % world.servers.length === index) await show(`session=${value}`, wish.who)
    for (const user of users) await begin(there, async () => list(world, process, user, true))
  }
}
