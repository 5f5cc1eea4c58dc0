import type { Session } from '../../src/session/session.ts'
import { checkCookies, checkOpened, confirmedAtOf, hadTrouble, requestLimitMs, type Opened } from './checks.ts'
import { now, sleep } from './clock.ts'
import { savedName } from './learning.ts'
import {
  answerRevocation,
  answerSignIn,
  mayEnd,
  mayRefuseSignIn,
  startRevocation,
  startSignIn,
  wasLostSince,
  type CookieFacts,
  type KnownSession,
} from './model.ts'
import { valueIn } from './people.ts'
import type { Act } from './plan.ts'
import { identityOf, type Process } from './servers.ts'
import { createValues, never, type Write } from './values.ts'
import type { World } from './world.ts'

/** What a visitor asks for. */
export interface Wish {
  readonly who: string
  readonly act: Act
  readonly key: string
  readonly user: string
  readonly handlerMs: number
  readonly form?: { readonly session: string; readonly token: string } | null
}

/** The answer of a server. */
export interface Answer {
  readonly status: 200 | 503
  readonly cookies: readonly string[]
  readonly form: { readonly session: string; readonly token: string } | null
}

/** What the handler has begun, for the model to book when it is answered. */
interface Begun {
  write: Write | null
  value: string | null
  readonly startedAt: number
}

/** Asks a server: opens the session, runs the handler, commits. Compares everything with the model. */
export async function visit(world: World, process: Process, header: string, wish: Wish): Promise<Answer> {
  const { sessions } = process
  const cookie = factsIn(world, header)
  if (cookie !== null && !process.learned.firstSeen.has(cookie.value))
    process.learned.firstSeen.set(cookie.value, process.machine.wall())
  const openedAt = now()
  const wall = process.machine.wall()
  const session = await sessions.open(header)
  let waited = now() - openedAt
  const opened = { ...describe(process, session), cookie, openedAt, wall }
  world.tell(
    () =>
      `${wish.who} asks ${process.server.name} to ${wish.act}${wish.act === 'sign-in' ? ` as ${wish.user}` : ''}, and is ${inWords(world, opened)}.`,
  )
  world.cover(process, cookie, opened.outcome)
  checkOpened(world, opened)
  noteUse(opened, wish.act)
  await sleep(wish.handlerMs)
  if (
    opened.outcome !== 'unavailable' &&
    wish.form?.session === opened.id &&
    opened.id !== null &&
    !session.isCsrfToken(wish.form.token)
  )
    world.wrong('form-refused', 'the form of a page of this session is refused')

  const begun: Begun = { write: null, value: null, startedAt: now() }
  let form: Answer['form'] = null
  try {
    if (opened.outcome === 'unavailable' && wish.act !== 'sign-out') throw unavailable
    await act(world, session, opened, wish, begun)
    if (wish.act === 'read' && opened.user !== null) form = { session: opened.id!, token: session.csrfToken }
    const committedAt = now()
    const headers = await sessions.commit(session, { failed: wish.act === 'fail', background: wish.act === 'poll' })
    waited += now() - committedAt
    checkWait(world, waited)
    const cookies = headers.getSetCookie()
    if (begun.value !== null) world.own(begun.value, session.id)
    book(world, opened, session, wish, begun, cookies)
    return { status: 200, cookies, form }
  } catch (error) {
    if (error !== unavailable && !isUnavailable(error)) {
      world.wrong('throws', `${wish.act} throws ${String(error)}`)
    }
    if (begun.write !== null) begun.write.answeredAt = now()
    const committedAt = now()
    const headers = await sessions.commit(session, { failed: true })
    checkWait(world, waited + now() - committedAt)
    const cookies = headers.getSetCookie()
    if (cookies.some((text) => /^session=[^;]/.test(text))) factsOf(world, cookies, opened, null, null)
    world.tell(() => `  ${wish.who} gets 503 from ${process.server.name}.`)
    return { status: 503, cookies, form: null }
  }
}

const unavailable = new Error('unavailable')
const isUnavailable = (error: unknown): boolean =>
  ['ERR_SESSION_UNAVAILABLE', 'ERR_SESSION_LIMIT'].includes((error as { code?: string }).code ?? '')

function checkWait(world: World, waited: number): void {
  if (waited > requestLimitMs) world.wrong('waits-too-long', `a request has waited for ${Math.round(waited)} ms`)
}

function factsIn(world: World, header: string): CookieFacts | null {
  const value = valueIn(header, 'session')
  return value === null ? null : (world.cookies.get(value) ?? null)
}

function describe(process: Process, session: Session<any>): Omit<Opened, 'cookie' | 'openedAt' | 'wall'> {
  const { outcome } = session
  if (outcome === 'unavailable') return { process, outcome, user: null, id: null, data: null }
  return { process, outcome, user: session.userId, id: session.id, data: { ...session.data } }
}

function inWords(world: World, { outcome, user, id, cookie }: Opened): string {
  if (user !== null) return `in as ${user} (${world.sessionName(id!)}${outcome === 'active' ? '' : `, ${outcome}`})`
  return cookie === null ? 'a guest' : `out: ${outcome} (${cookie.session.name})`
}

function noteUse({ cookie }: Opened, act: Act): void {
  if (cookie !== null && act !== 'poll' && act !== 'fail') cookie.session.lastUseAt = now()
}

async function act(world: World, session: Session<any>, opened: Opened, wish: Wish, begun: Begun): Promise<void> {
  const { cookie, process } = opened
  // A cookie that is refused leaves a guest, to whom the act belongs.
  const known = opened.user === null ? undefined : cookie?.session
  const startWrite = (key: string, value: string | undefined): Write | null => {
    const before = session.data[key] as string | undefined
    return known?.values.start(key, value, now(), opened.openedAt, before, wish.act === 'fail') ?? null
  }
  switch (wish.act) {
    case 'write':
    case 'fail':
      begun.value = world.newValue(session.id)
      begun.write = startWrite(wish.key, begun.value)
      session.data[wish.key] = begun.value
      return undefined
    case 'unset':
      // To remove a key that is not there changes nothing.
      if (session.data[wish.key] === undefined) return undefined
      begun.write = startWrite(wish.key, undefined)
      delete session.data[wish.key]
      return undefined
    case 'add':
      begun.write = startWrite('count', undefined)
      return session.update('count', (count: number = 0) => count + 1)
    case 'flash':
      return session.flash('info', 'saved')
    case 'sign-in':
      return signIn(world, session, opened, wish.user)
    case 'sign-out':
      mayEnd(cookie?.session, now())
      return session.signOut()
    case 'renew':
    case 'confirm':
      if (opened.user !== null) {
        if (wish.act === 'renew') session.renew()
        else session.confirm('pwd')
        mayRenew(cookie)
      }
      return undefined
    case 'end-others':
    case 'change-password':
      if (opened.user === null || !process.sessions.revocable) return undefined
      await endOthers(world, session, opened, wish.who)
      return wish.act === 'change-password' ? signIn(world, session, opened, opened.user) : undefined
    default:
      return undefined
  }
}

async function endOthers(
  world: World,
  session: Session<any>,
  { user, id, cookie, process }: Opened,
  who: string,
): Promise<void> {
  const revocation = startRevocation(world.model, user!, id, now())
  const startedAt = now()
  try {
    const { exceptEnded } = await process.sessions.revokeAll(user!, { except: session })
    if (exceptEnded && !mayBeEither(cookie))
      world.wrong('except-lost', 'revokeAll says that the session to keep has ended, which nothing has')
    if (answerRevocation(world.model, revocation, !exceptEnded, now(), world.skewMs()) !== undefined)
      world.wrong('nobody-left', `two calls of revokeAll(${user}) succeed, and each ended the session of the other`)
    world.tell(() => `  ${who} ended all other sessions of ${user}${exceptEnded ? ': nothing was done' : ''}.`)
  } finally {
    if (revocation.answeredAt === never) revocation.answeredAt = now()
    if (now() - startedAt > 2000 + 100) world.wrong('waits-too-long', 'revokeAll takes longer than 2 s')
  }
}

const mayBeEither = (cookie: CookieFacts | null): boolean => cookie === null || cookie.session.mayBeOverSince <= now()

function mayRenew(cookie: CookieFacts | null): void {
  const secret = cookie?.session.secrets.get(cookie.hash)
  if (secret !== undefined) secret.mayBeOverSince = Math.min(secret.mayBeOverSince, now())
}

function signIn(world: World, session: Session<any>, opened: Opened, user: string): void {
  session.signIn(user)
  if (opened.user === user) return mayRenew(opened.cookie)
  mayEnd(opened.cookie?.session, now())
  startSignIn(world.model, user, now(), world.plan.options.maxSessions)
}

/** Books what an answer without an error promises. */
function book(
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
  if (wish.act === 'sign-in' && set === null && opened.user !== wish.user) {
    world.tell(() => `  ${wish.who} is refused: try again.`)
    if (hasStore && !mayRefuseSignIn(world.model, wish.user, openedAt, world.plan.options.maxSessions))
      world.wrong('sign-in-refused', `the sign-in of ${wish.user} is refused without a reason`)
  }
  if (cookie === null) return
  const { session: known, hash } = cookie
  if (hasStore && opened.outcome === 'active') known.storedAt = Math.min(known.storedAt, now())
  if (wish.act === 'sign-out') {
    process.learned.ended.add(known.id)
    if (hasStore) process.learned.signedOut.push(known)
    if (hasStore && !world.wasToldOf('ended', known.id, begun.startedAt))
      world.wrong('no-event', `no event says that ${known.name} was signed out`)
  }
  if (set !== null && set.session === known && set.hash !== hash) {
    const old = known.secrets.get(hash)!
    if (hasStore) old.isOverSince = Math.min(old.isOverSince, now())
    process.learned.replaced.add(hash)
  }
  const isCalm = hasStore && opened.outcome === 'active' && !hadTrouble(process, openedAt)
  // A use that cannot be noted is no error.
  if (isCalm && wish.act !== 'poll' && wish.act !== 'fail') known.sureUseAt = openedAt
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
  const wasSaved = savedAt >= write.startedAt
  if (wasSaved || !mayBeCarried) {
    if (!mayBeRefused && !wasLostSince(world.model, session, write.startedAt)) write.isSureSince = now()
  } else if (set !== null) {
    write.isKept = true
    learned.kept.set(hash, [...(learned.kept.get(hash) ?? []), write])
  }
  if (hasStore && set !== null && !wasSaved && !learned.saysDown && !mayBeRefused)
    world.wrong('kept-in-peace', `a change of ${session.name} is only in the cookie, although the store is not down`)
}

/** The store has taken what a cookie carried through an outage, and what the same process had sent to other tabs. */
function settle({ wasWithoutStore }: KnownSession, writes: readonly Write[]): void {
  for (const write of writes) {
    const isOpen = write.isKept && !write.isRefused && write.isSureSince === never && write.answeredAt !== never
    // Two servers may have counted from the same value.
    if (isOpen && write.key !== 'count' && !wasWithoutStore) write.isSureSince = now()
  }
}

/** Returns what the model knows of the user's cookie that a response sets. A new session begins with it. */
function factsOf(
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
  const identity = identityOf(value, 'session')
  const hasStore = process.config.places.length > 0
  let session = world.model.sessions.get(identity.id)
  // The store does not hear of a renewal at a server that has none, and then refuses the new cookie.
  const isUnheard = session !== undefined && !hasStore
  if (session === undefined) {
    session = newSession(world, identity, opened, user)
    answerSignIn(world.model, session, world.plan.options.maxSessions)
  } else if (user !== null) session.signedInAt = now()
  if (!session.secrets.has(identity.hash))
    session.secrets.set(identity.hash, { madeAt: now(), mayBeOverSince: isUnheard ? now() : never, isOverSince: never })
  if (!hasStore) session.wasWithoutStore = true
  const isOfOutage = outcome === 'unconfirmed' && session === cookie?.session
  // A store that has taken a session in from one cookie ignores what others carry.
  const isIgnored = session !== cookie?.session || (hasStore && session.wasWithoutStore)
  const carried = new Map(isIgnored ? [] : cookie!.carried)
  if (write !== null && !write.isDropped) carried.set(write.key, write)
  const facts = {
    value,
    session,
    hash: identity.hash,
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
    sureUseAt: opened.openedAt,
    wasWithoutStore: opened.process.config.places.length === 0,
    wasLost: false,
  }
}
