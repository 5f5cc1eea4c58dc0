import fc from 'fast-check'
import { createSessions, type Session, type Sessions, type SessionStore } from '../../../src/index.ts'
import { browser, readSetCookie, type Browser } from '../../support/browser.ts'
import { day, stoppedClock } from '../../support/clock.ts'
import { secrets, secure } from '../../support/sessions.ts'

// One browser, several requests at once: they are opened and committed, and their responses arrive, in any order, while
// time goes on, the browser is closed, and cookies that it once had are brought again.

export const acts = [
  'read',
  'write',
  'flash',
  'take',
  'csrf',
  'renew',
  'sign out',
  'sign in ada',
  'sign in eve',
  'sign in ada briefly',
] as const
export type Act = (typeof acts)[number]

export type Step =
  | { do: 'open' }
  | { do: 'act'; which: number; act: Act }
  | { do: 'commit'; which: number; failed: boolean; background: boolean }
  | { do: 'arrive'; which: number }
  | { do: 'whole'; acts: Act[]; failed: boolean; background: boolean }
  | { do: 'wait'; seconds: number }
  | { do: 'close' }
  | { do: 'replay'; which: number }

const which = fc.nat(20)
const act = fc.constantFrom(...acts)
const seldom = fc.nat(7).map((n) => n === 0)
const steps = (waits: number[]) =>
  fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('open' as const) }) },
      { weight: 8, arbitrary: fc.record({ do: fc.constant('act' as const), which, act }) },
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant('commit' as const), which, failed: seldom, background: seldom }),
      },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('arrive' as const), which }) },
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant('whole' as const),
          acts: fc.array(act, { maxLength: 3 }),
          failed: seldom,
          background: seldom,
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(...waits) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('replay' as const), which }) },
    ),
    { minLength: 10, maxLength: 60 },
  )

export const anySteps = steps([1, 3600, day, 3 * day])
/** Never long enough for a session to idle out. */
export const stepsOfTwoDays = steps([1, 700, 3600])

/** One request, from what it brought to what it was answered with. */
export interface Request {
  session: Session
  brought: string
  /** What it opened as. */
  was: { id: string | null; userId: string | null }
  acts: Act[]
  failed: boolean
  headers: Headers
}

export interface Watcher {
  committed?(request: Request): void
  /** A cookie that was once set is brought again, alone. */
  replayed?(session: Session, cookie: string): void
  /** Everything that was set has arrived, in the order in which it was set. */
  settled?(visitor: Browser, sessions: Sessions): Promise<void>
  closed?(): void
}

export const server = (now: () => number, store?: SessionStore): Sessions =>
  createSessions({ secrets, cookie: secure, now, store })

/** Two servers with one store, of which each request meets another one. */
export function twoServers(now: () => number, store: SessionStore): Sessions {
  const servers = [server(now, store), server(now, store)] as const
  const metBy = new WeakMap<Session, Sessions>()
  let requests = 0
  return {
    ...servers[0],
    async open(header) {
      const met = servers[requests++ % 2]!
      const session = await met.open(header)
      metBy.set(session, met)
      return session
    },
    commit: async (session, options) => metBy.get(session)!.commit(session, options),
  }
}

/** Runs steps. Responses arrive when the steps say so; with `inOrder`, as soon as they are committed. */
export async function interleave(
  all: readonly Step[],
  watcher: Watcher,
  inOrder = false,
  serve: (now: () => number) => Sessions = (now) => server(now),
): Promise<void> {
  const clock = stoppedClock()
  const sessions = serve(clock.now)
  const visitor = browser({ now: clock.now })
  const opened: Request[] = []
  const onTheirWay: Request[] = []
  const cookies: string[] = []

  const take = <T>(list: T[], at: number): T | undefined => list.splice(at % Math.max(list.length, 1), 1)[0]
  const replay = async (cookie: string) => watcher.replayed?.(await sessions.open(cookie), cookie)

  async function open(): Promise<Request> {
    const brought = visitor.cookie
    const session = await sessions.open(brought)
    const was = { id: session.id, userId: session.userId }
    return { session, brought, was, acts: [], failed: false, headers: new Headers() }
  }

  async function commit(request: Request, options: { failed: boolean; background: boolean }): Promise<void> {
    request.failed = options.failed
    request.headers = await sessions.commit(request.session, options)
    for (const { name, value } of request.headers.getSetCookie().map(readSetCookie)) {
      if (value !== '') cookies.push(`${name}=${value}`)
    }
    watcher.committed?.(request)
    if (!inOrder) return void onTheirWay.push(request)
    visitor.receive(request.headers)
    await watcher.settled?.(visitor, sessions)
  }

  async function perform(step: Step): Promise<void> {
    if (step.do === 'open') opened.push(await open())
    if (step.do === 'act' && opened.length > 0) act(opened[step.which % opened.length]!, step.act)
    if (step.do === 'commit' && opened.length > 0) await commit(take(opened, step.which)!, step)
    if (step.do === 'arrive' && onTheirWay.length > 0) visitor.receive(take(onTheirWay, step.which)!.headers)
    if (step.do === 'whole') {
      const request = await open()
      for (const each of step.acts) act(request, each)
      await commit(request, step)
      visitor.receive(request.headers)
    }
    if (step.do === 'wait') clock.advance(step.seconds)
    if (step.do === 'close') {
      visitor.close()
      watcher.closed?.()
    }
    if (step.do === 'replay' && cookies.length > 0) await replay(cookies[step.which % cookies.length]!)
  }

  function act({ session, acts: done }: Request, each: Act): void {
    done.push(each)
    if (each === 'read') void session.data['n']
    if (each === 'write') session.data['n'] = clock.now() + (session.data['n'] ?? 0)
    if (each === 'flash') session.flash('info', 'Saved.')
    if (each === 'take') session.takeFlashes()
    if (each === 'csrf') void session.csrfToken
    if (each === 'renew') session.renew()
    if (each === 'sign out') session.signOut()
    if (each === 'sign in ada') session.signIn('ada')
    if (each === 'sign in eve') session.signIn('eve')
    if (each === 'sign in ada briefly') session.signIn('ada', { remember: false })
  }

  for (const step of all) await perform(step)
  for (const cookie of cookies) await replay(cookie)
}

/** What the response does to a cookie: its value, `''` where it is deleted, `undefined` where it is left alone. */
export const effect = ({ headers }: Request, name: string): string | undefined =>
  headers
    .getSetCookie()
    .map(readSetCookie)
    .find((cookie) => cookie.name === name)?.value

export const enters = (done: readonly Act[]): boolean => done.some((each) => each.startsWith('sign in'))
