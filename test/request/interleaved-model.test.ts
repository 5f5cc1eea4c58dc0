import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Session, Sessions, SessionsOptions } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { browser, cookiesOf } from '../support/browser.ts'
import { stoppedClock } from '../support/clock.ts'
import { world } from '../support/sessions.ts'

// Handlers do several things in one request, requests overlap, and the browser is closed. The model knows only the rules. The
// simulation has the rest: other devices, outages, revocations and renewals at several servers.

const acts = {
  write: (session: Session) => (session.data['n'] = 1),
  renew: (session: Session) => session.renew(),
  'sign out': (session: Session) => session.signOut(),
  'sign in ada': (session: Session) => session.signIn('ada'),
  'sign in eve': (session: Session) => session.signIn('eve'),
  'sign in ada briefly': (session: Session) => session.signIn('ada', { remember: false }),
}
type Act = keyof typeof acts

const rarely = fc.nat(7).map((n) => n === 0)
const some = fc.array(fc.constantFrom(...(Object.keys(acts) as Act[])), { maxLength: 3 })
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('open' as const), server: fc.nat(1), acts: some }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('commit' as const),
        which: fc.nat(30),
        failed: rarely,
        background: rarely,
      }),
    },
    // Never so long that a session idles out.
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 700, 3600) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
  ),
  { minLength: 10, maxLength: 60 },
)
type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never

interface Open {
  readonly sessions: Sessions
  readonly session: Session
  readonly was: { readonly id: string; readonly userId: string | null }
  /** The user's cookie that it brought. */
  readonly token: string | undefined
  readonly acts: readonly Act[]
}

interface Live {
  readonly userId: string
  remember: boolean
  /** Its cookies since the last renewal. */
  readonly tokens: Set<string>
}

/** Computes, by the rules alone, which users' sessions are alive and which of them the browser holds. */
function createModel() {
  const live = new Map<string, Live>()
  let held: { id: string; remember: boolean } | null = null

  function committed({ session, was, token, acts }: Open, failed: boolean, set: string | undefined): void {
    const mine = was.userId === null ? undefined : live.get(was.id)
    const wish = wishOf(was.userId, acts, mine?.remember ?? true)
    const entered = wish.identity === 'new' && !failed
    if (wish.signedOut || entered) live.delete(was.id)
    if (entered) {
      live.set(session.id!, { userId: wish.userId!, remember: wish.remember, tokens: new Set([set!]) })
      held = { id: session.id!, remember: wish.remember }
      return
    }
    if (wish.signedOut) {
      if (token !== undefined) held = null
      return
    }
    if (!mine?.tokens.has(token!)) return void expect(set).toBeUndefined()
    if (wish.identity === 'renewed' && !failed) {
      expect(set).toMatch(/./)
      mine.remember = wish.remember
      mine.tokens.clear()
    }
    if (set === undefined) return
    mine.tokens.add(set)
    held = { id: was.id, remember: mine.remember }
  }

  return {
    committed,
    closed: () => void (held?.remember === false && (held = null)),
    userId: () => (held === null ? null : (live.get(held.id)?.userId ?? null)),
  }
}

/** The result of all that the handler asked for. */
function wishOf(user: string | null, all: readonly Act[], before: boolean) {
  let [userId, remember, signedOut] = [user, before, false]
  let identity: 'kept' | 'renewed' | 'new' = 'kept'
  for (const act of all) {
    if (act === 'renew' && identity === 'kept') identity = 'renewed'
    if (act === 'sign out') [signedOut, userId, identity] = [true, null, 'kept']
    if (!act.startsWith('sign in')) continue
    const who = act.includes('eve') ? 'eve' : 'ada'
    if (userId !== who) identity = 'new'
    else if (identity === 'kept') identity = 'renewed'
    remember = act.endsWith('briefly') ? false : userId === who ? remember : true
    userId = who
  }
  return { userId, remember, identity, signedOut }
}

async function run(all: readonly Step[], servers: number, hasStore: boolean, options: SessionsOptions): Promise<void> {
  const clock = stoppedClock()
  const shared = hasStore ? { ...options, store: memoryStore({ now: clock.now }) } : options
  const every = Array.from({ length: servers }, () => world(shared, clock).sessions)
  const visitor = browser({ now: clock.now })
  const model = createModel()
  const open: Open[] = []

  async function commit({ which, failed, background }: Step & { do: 'commit' }): Promise<void> {
    const [request] = open.splice(which % open.length, 1)
    const headers = await request!.sessions.commit(request!.session, { failed, background })
    model.committed(request!, failed, cookiesOf(headers)['__Host-Http-session'])
    visitor.receive(headers)
  }

  for (const step of all) {
    if (step.do === 'open') {
      const sessions = every[step.server % servers]!
      const session = await sessions.open(visitor.cookie)
      const was = { id: session.id!, userId: session.userId }
      for (const act of step.acts) acts[act](session)
      open.push({ sessions, session, was, token: visitor.get('__Host-Http-session'), acts: step.acts })
    }
    if (step.do === 'commit' && open.length > 0) await commit(step)
    if (step.do === 'wait') clock.advance(step.seconds)
    if (step.do === 'close') {
      visitor.close()
      model.closed()
    }
    for (const sessions of every) expect((await sessions.open(visitor.cookie)).userId).toBe(model.userId())
  }
}

it.each<[string, number, boolean, SessionsOptions]>([
  ['in cookies', 1, false, {}],
  ['in a store', 1, true, {}],
  ['in a store, at two servers', 2, true, {}],
  ['in a store, at two servers, with a copy in the cookie', 2, true, { unconfirmedFor: 600 }],
])('users are signed in from their sign-in to their sign-out, and no one else is: %s', async (_, ...arrangement) => {
  const property = fc.asyncProperty(steps, async (all) => run(all, ...arrangement))
  await fc.assert(property, { numRuns: process.env['CI'] ? 500 : 250 })
})
