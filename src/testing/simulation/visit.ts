import type { CommitOptions } from '../../request/commit.ts'
import type { Session } from '../../session/session.ts'
import { act, actUnavailable } from './acting.ts'
import { book, factsOf } from './booking.ts'
import { checkFailure } from './check-failure.ts'
import { checkOpened, requestLimitMs } from './checks.ts'
import { busyMs, now, sleep } from './time.ts'
import { noteSeen } from './learning.ts'
import type { CookieFacts } from './facts.ts'
import { valueIn } from './people.ts'
import type { Act } from './plan.ts'
import type { Answer, Begun, Opened, Wish } from './requests.ts'
import type { Process } from './servers.ts'
import { never } from './values.ts'
import type { World } from './world.ts'

/** Asks a server: opens the session, runs the handler, commits. Compares everything with the model. */
export async function visit(world: World, process: Process, header: string, wish: Wish): Promise<Answer> {
  const { sessions } = process
  const cookie = factsIn(world, header)
  noteSeen(process, cookie?.value)
  const openedAt = now()
  const wall = process.machine.wall()
  const busyBefore = busyMs()
  const session = await sessions.open(header)
  const opened = describe(process, session, cookie, openedAt, wall)
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

  const commit = async (options: CommitOptions): Promise<Headers> => {
    const committedAt = now()
    try {
      return await sessions.commit(session, options)
    } finally {
      opened.waitedMs += now() - committedAt
      checkWait(world, busyBefore, opened.waitedMs)
    }
  }
  const begun: Begun = { write: null, value: null, signedInAt: never, startedAt: now() }
  let form: Answer['form'] = null
  try {
    if (opened.outcome === 'unavailable' && wish.act !== 'sign-out') await actUnavailable(world, session, wish)
    await act(world, session, opened, wish, begun)
    if (wish.act === 'read' && opened.user !== null) form = { session: opened.id!, token: session.csrfToken }
    const headers = await commit({ failed: wish.act === 'fail', background: wish.act === 'poll' })
    const cookies = headers.getSetCookie()
    if (begun.value !== null) world.own(begun.value, session.id)
    book(world, opened, session, wish, begun, cookies)
    return { status: 200, cookies, form }
  } catch (error) {
    const { status = 500 } = error as { status?: number }
    checkFailure(world, opened, wish, begun, error)
    if (begun.write !== null) begun.write.answeredAt = now()
    const headers = await commit({ failed: true })
    const cookies = headers.getSetCookie()
    if (opened.outcome === 'unavailable' && wish.act !== 'sign-out' && cookies.length > 0)
      world.wrong('cookie-set', 'a request that could not ask the store changes a cookie')
    if (cookies.some((text) => /^session=[^;]/.test(text))) factsOf(world, cookies, opened, null, null)
    world.tell(() => `  ${wish.who} gets ${status} from ${process.server.name}.`)
    return { status, cookies, form: null }
  }
}

function checkWait(world: World, busyBefore: number, waited: number): void {
  if (waited > requestLimitMs + busyMs() - busyBefore)
    world.wrong('waits-too-long', `a request has waited for ${Math.round(waited)} ms`)
}

function factsIn(world: World, header: string): CookieFacts | null {
  const value = valueIn(header, 'session')
  return value === null ? null : (world.cookies.get(value) ?? null)
}

function describe(
  process: Process,
  session: Session<any>,
  cookie: CookieFacts | null,
  openedAt: number,
  wall: number,
): Opened {
  const { outcome } = session
  const isKnown = outcome !== 'unavailable'
  return {
    process,
    cookie,
    outcome,
    user: isKnown ? session.userId : null,
    id: isKnown ? session.id : null,
    data: isKnown ? { ...session.data } : null,
    openedAt,
    wall,
    waitedMs: now() - openedAt,
  }
}

function inWords(world: World, { outcome, user, id, cookie }: Opened): string {
  if (user !== null) return `in as ${user} (${world.sessionName(id!)}${outcome === 'active' ? '' : `, ${outcome}`})`
  return cookie === null ? 'a guest' : `out: ${outcome} (${cookie.session.name})`
}

function noteUse({ cookie }: Opened, act: Act): void {
  // A request that fails by itself is a use as well.
  if (cookie !== null && act !== 'poll') cookie.session.lastUseAt = now()
}
