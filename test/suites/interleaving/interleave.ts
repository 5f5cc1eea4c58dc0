import fc from 'fast-check'
import { vi } from 'vitest'
import type { Session, SessionRecord } from '../../../src/index.ts'
import { stateOf as internalStateOf } from '../../../src/session/session.ts'
import { isEnding } from '../../../src/stores/store.ts'
import { browser, type Browser } from '../../support/browser.ts'
import { wait } from '../../support/outages.ts'
import type { TestStore } from '../../support/stores.ts'
import { recovery, type Backend, type Server } from './backends.ts'
import { commit, ignoreUnavailable, perform, stateOf, type Issued, type Request } from './requests.ts'
import { anyoneSteps, browserSteps, type Commit, type OpenOptions, type Step } from './steps.ts'

// Requests are opened and committed in any order and at once, at one or more servers, while time passes.

/** Is called for what happens. */
export interface Watcher {
  opened?(request: Request, context: Context): unknown
  committed?(request: Request, set: Issued | null): unknown
  revoked?(id: string, server: Server): void
  revokedAll?(revocation: RevokedAll, context: Context): unknown
  /** A server can ask its store again, and has ended what it could not end before. */
  reconnected?(server: Server): void
  /** A request could not ask the store. `before` and `after` its commit, the store has this. */
  unavailable?(request: Request, before: string, after: string): void
  closed?(): void
  /** After each step, if nothing is under way with the store. */
  afterStep?(context: Context): unknown
}

/** A `revokeAll` that was answered. */
export interface RevokedAll {
  readonly userId: string
  /** Its place among all openings and revocations. */
  readonly order: number
  readonly except: Session | null
  /** The id of `except` at the call: a session that could not be saved gets another one. */
  readonly exceptId: string | null
  readonly exceptEnded: boolean
}

export interface Context {
  readonly store: TestStore | null
  readonly servers: readonly Server[]
  readonly now: number
  readonly visitor: Browser
}

export interface Arrangement {
  readonly backend: () => Backend
  /** Whether requests bring the cookies of one browser, or anyone brings any that were issued. */
  readonly bring: 'browser' | 'anyone'
  /** Whether each response arrives before the next step. Otherwise it waits for a step. */
  readonly inOrder?: boolean
  readonly steps?: fc.Arbitrary<Step[]>
  readonly runs: number
}

/** Runs random steps many times, each time with a new watcher. */
export async function always(arrangement: Arrangement, watcher: () => Watcher): Promise<void> {
  const { bring, runs, steps = bring === 'browser' ? browserSteps() : anyoneSteps() } = arrangement
  await fc.assert(
    fc.asyncProperty(steps, async (all) => interleave(all, watcher(), arrangement)),
    // CI takes the time for all of them. Each run has other random steps.
    { numRuns: process.env['CI'] ? runs : Math.ceil(runs / 4) },
  )
}

// One closure, because all steps share what is open, issued and on its way.
async function interleave(
  steps: readonly Step[],
  watcher: Watcher,
  { backend, bring, inOrder = false }: Arrangement,
): Promise<void> {
  const { clock, servers, store } = backend()
  const visitor = browser({ now: clock.now })
  const issued: Issued[] = [] // newest first
  let open: Request[] = []
  const onTheirWay: Request[] = []
  let order = 0
  const context = (): Context => ({ store, servers, now: clock.now(), visitor })
  const serverAt = (at: number) => servers[at % servers.length]!

  async function start(opening: OpenOptions, { isWatched = true, isReplay = false } = {}): Promise<Request> {
    const own = ++order
    const server = serverAt(opening.server)
    const cookiesPresent =
      bring === 'anyone' || isReplay
        ? opening.cookies.flatMap((at) => pick(issued, at) ?? [])
        : issued.filter(({ header }) => visitor.cookie.split('; ').includes(header))
    const header = cookiesPresent.map((cookie) => cookie.header).join('; ')
    const session = await server.sessions.open(header)
    const was = stateOf(session)
    const found = isWatched && was.id !== null ? await store?.read({ id: was.id, userId: was.userId }) : null
    const hadRecord = store === null || (found != null && !isEnding(found))
    const request: Request = {
      session,
      order: own,
      at: clock.now(),
      server,
      header,
      cookiesPresent,
      isReplay,
      was,
      hadRecord,
      acts: [],
      failed: false,
      headers: new Headers(),
    }
    if (isWatched) await watcher.opened?.(request, context())
    perform(request, opening.acts)
    return request
  }

  async function commitRequest(
    request: Request,
    options: Commit = { failed: false, background: false },
  ): Promise<void> {
    const set = await commit(request, options)
    if (set !== null) issued.unshift(set)
    await watcher.committed?.(request, set)
    if (inOrder) visitor.receive(request.headers)
    else onTheirWay.push(request)
  }

  async function revokeAll({ server, user, except: which }: RevokeAll): Promise<void> {
    const own = ++order
    const candidates = open.filter(
      ({ session, server }) => server.hasStore && session.outcome !== 'unavailable' && session.userId === user,
    )
    const except = which === null ? undefined : pick(candidates, which)?.session
    const exceptId = except === undefined ? null : internalStateOf(except).identity!.id
    const { sessions } = serverAt(server % 2)
    const revocation = await sessions.revokeAll(user, { except }).catch(ignoreUnavailable)
    if (!revocation) return
    const { exceptEnded } = revocation
    await watcher.revokedAll?.({ userId: user, order: own, except: except ?? null, exceptId, exceptEnded }, context())
  }

  async function reconnect(server: Server): Promise<void> {
    if (server.cut === null) return
    server.reconnect()
    await recovery(server)
    watcher.reconnected?.(server)
  }

  const run: { [Do in Step['do']]: (step: Extract<Step, { do: Do }>) => unknown } = {
    wait: ({ seconds }) => clock.advance(seconds),
    open: async (step) => open.push(await start(step)),
    act: ({ which, acts }) => open.length > 0 && perform(pick(open, which)!, acts),
    commit: async ({ which, ...options }) => open.length > 0 && commitRequest(take(open, which), options),
    async 'open and commit'(step) {
      const request = await start(step)
      await commitRequest(request, step)
      if (!inOrder) visitor.receive(onTheirWay.pop()!.headers)
    },

    arrive: ({ which }) => onTheirWay.length > 0 && visitor.receive(take(onTheirWay, which).headers),
    close() {
      visitor.close()
      watcher.closed?.()
    },
    replay: ({ server, which }) => start({ server, cookies: [which], acts: [] }, { isReplay: true }),

    async cut(step) {
      await reconnect(serverAt(step.server))
      serverAt(step.server).cutOff(step.how)
      await commitRequest(await start(step))
    },
    reconnect: ({ server }) => reconnect(serverAt(server)),
    'revoke all': revokeAll,
    async revoke({ server, user, which }) {
      if (issued.length === 0) return
      const { id } = pick(issued, which)!
      const revoking = serverAt(server % 2)
      const revocation = await revoking.sessions.revoke(user, id).catch(ignoreUnavailable)
      if (revocation?.ended === 1) watcher.revoked?.(id, revoking)
    },
    async race(step) {
      const racing = open
      const revoking = step.user === null ? null : revokeAll({ ...step, user: step.user })
      open = []
      // Not watched, because it may see the state before the others or after them.
      const opening = start(step, { isWatched: false })
      await Promise.all([...racing.map((each) => commitRequest(each)), revoking])
      open.push(await opening)
    },
    async 'open in an outage'(step) {
      store!.fail()
      const request = await start(step, { isWatched: false })
      store!.heal()
      const before = await contentOf(store!)
      await commitRequest(request)
      if (request.session.outcome === 'unavailable') watcher.unavailable?.(request, before, await contentOf(store!))
      await recovery(request.server)
    },
  }

  for (const step of steps) {
    // The store orders sign-ins and `revokeAll` by this clock, and refuses sign-ins of the same instant.
    if (vi.isFakeTimers()) await wait(0.001)
    await (run[step.do] as (step: Step) => unknown)(step)
    await watcher.afterStep?.(context())
  }
  for (const server of servers) await reconnect(server)
  for (const server of servers.keys()) {
    for (const which of issued.keys()) await start({ server, cookies: [which], acts: [] }, { isReplay: true })
  }
}

type RevokeAll = Pick<Extract<Step, { do: 'revoke all' }>, 'server' | 'user' | 'except'>

const pick = <Value>(list: readonly Value[], at: number): Value | undefined => list[at % Math.max(list.length, 1)]
const take = <Value>(list: Value[], at: number): Value => list.splice(at % list.length, 1)[0]!

async function contentOf(store: TestStore): Promise<string> {
  const all: unknown[] = []
  for await (const entry of store.all!()) all.push(entry)
  return JSON.stringify(all)
}

/** The records of sessions that have neither idled out nor expired. */
export async function liveRecords({ store, now }: Context): Promise<SessionRecord[]> {
  return (await store!.records()).filter(({ expiresAt }) => expiresAt > now)
}
