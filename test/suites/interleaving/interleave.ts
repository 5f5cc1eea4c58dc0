import type { Session, SessionRecord, SessionsOptions } from '../../../src/index.ts'
import type { Token } from '../../../src/core/token.ts'
import { isEnding } from '../../../src/stores/store.ts'
import { readSetCookie } from '../../support/browser.ts'
import { stoppedClock } from '../../support/clock.ts'
import { recovery, threeServers, type Server } from './backends.ts'
import { acts, type Act, type StoreStep } from './steps.ts'
import { testStore, tokenIn, type TestStore } from '../../support/stores.ts'

// Two servers with one store and one without, and whoever holds any of the cookies that they ever issued: requests are
// opened and committed in any order and at once, while sessions are revoked, servers are cut off from the store, and time
// goes on.

/** A cookie that was issued, newest first in the world's list. */
export interface Issued {
  readonly header: string
  readonly id: string
  readonly secret: string
  readonly isUser: boolean
  readonly token: Token
}

export interface Request {
  readonly session: Session
  /** Its place among all openings and revocations. */
  readonly order: number
  readonly at: number
  readonly server: Server
  readonly hasStore: boolean
  readonly header: string
  readonly brought: readonly Issued[]
  readonly was: { readonly id: string | null; readonly userId: string | null; readonly isActive: boolean }
  /** Whether the store had it when it was opened. */
  readonly hadRecord: boolean
  acts: Act[]
  failed: boolean
  headers: Headers
}

/** What is told of what happens. */
export interface Watcher {
  opened?(request: Request, brought: readonly Issued[], context: Context): unknown
  committed?(request: Request, set: Issued | null): unknown
  revoked?(id: string): void
  /** A server asks its store again, and has ended what it could not end before. */
  back?(server: Server): void
  revokedAll?(userId: string, order: number, spared: Session | null): void
  /** Nothing is under way with the store. */
  settled?(context: Context): unknown
  /** A request that could not be told, from its opening to its commit. */
  blind?(request: Request, before: string, after: string): void
}

export interface Context {
  readonly store: TestStore
  readonly servers: readonly Server[]
  readonly now: number
}

export async function interleave(
  steps: readonly StoreStep[],
  watcher: Watcher,
  options: SessionsOptions = {},
): Promise<void> {
  const clock = stoppedClock()
  const store = testStore()
  const servers = threeServers(store, clock, options)
  const issued: Issued[] = []
  let open: Request[] = []
  let order = 0
  const context = (): Context => ({ store, servers, now: clock.now() })

  async function start(at: number, which: readonly number[], done: readonly Act[], watched = true): Promise<Request> {
    const brought = which.flatMap((n) => (issued.length === 0 ? [] : [issued[n % issued.length]!]))
    const header = brought.map((cookie) => cookie.header).join('; ')
    const mine = ++order
    const server = servers[at]!
    const session = await server.sessions.open(header)
    const known = session.outcome !== 'unavailable'
    const was = {
      id: known ? session.id : null,
      userId: known ? session.userId : null,
      isActive: session.outcome === 'active',
    }
    const found = watched && was.id !== null ? await store.read(was.id) : null
    const request: Request = {
      session,
      order: mine,
      at: clock.now(),
      server,
      hasStore: server.hasStore,
      header,
      brought,
      was,
      hadRecord: found !== null && !isEnding(found),
      acts: [],
      failed: false,
      headers: new Headers(),
    }
    if (watched) await watcher.opened?.(request, brought, context())
    perform(request, done)
    return request
  }

  function perform(request: Request, done: readonly Act[]): void {
    for (const each of done) {
      try {
        acts[each](request.session)
        request.acts.push(each)
      } catch (error) {
        unlessUnavailable(error)
      }
    }
  }

  async function commit(request: Request, options: { failed: boolean; background: boolean }): Promise<void> {
    request.failed = options.failed
    const { sessions } = request.server
    try {
      request.headers = await sessions.commit(request.session, options)
    } catch (error) {
      unlessUnavailable(error)
      request.failed = true
      request.headers = await sessions.commit(request.session, { ...options, failed: true })
    }
    let set: Issued | null = null
    for (const { name, value } of request.headers.getSetCookie().map(readSetCookie)) {
      if (!value) continue
      const token = tokenIn(name, value, request.at)
      set = { header: `${name}=${value}`, ...token.identity!, isUser: name === '__Host-session', token }
      issued.unshift(set)
    }
    await watcher.committed?.(request, set)
  }

  async function revokeAll(at: number, userId: string, which: number | null): Promise<void> {
    const mine = ++order
    const candidates = open.filter(
      ({ session, hasStore }) => hasStore && session.outcome !== 'unavailable' && session.userId === userId,
    )
    const except = which === null ? undefined : candidates[which % Math.max(candidates.length, 1)]?.session
    const revocation = await servers[at % 2]!.sessions.revokeAll(userId, { except }).catch(unlessUnavailable)
    // With one that is not live any more, nothing is done.
    if (revocation && (except === undefined || revocation.ended > 0)) watcher.revokedAll?.(userId, mine, except ?? null)
  }

  async function back(server: Server): Promise<void> {
    if (server.cut === null) return
    server.back()
    await recovery(server)
    watcher.back?.(server)
  }

  async function dump(): Promise<string> {
    const all: [string, unknown][] = []
    for await (const [id, found] of store.all!()) all.push([id, found])
    return JSON.stringify(all)
  }

  async function run(one: StoreStep): Promise<void> {
    if (one.do === 'wait') clock.advance(one.seconds)
    if (one.do === 'cut') {
      await back(servers[one.server]!)
      servers[one.server]!.cutOff(one.how)
      await commit(await start(one.server, one.cookies, one.acts), { failed: false, background: false })
    }
    if (one.do === 'back') await back(servers[one.server]!)
    if (one.do === 'open') open.push(await start(one.server, one.cookies, one.acts))
    if (one.do === 'act' && open.length > 0) perform(open[one.which % open.length]!, one.acts)
    if (one.do === 'commit' && open.length > 0) await commit(open.splice(one.which % open.length, 1)[0]!, one)
    if (one.do === 'whole') await commit(await start(one.server, one.cookies, one.acts), one)
    if (one.do === 'revoke all') await revokeAll(one.server, one.user, one.spared)
    if (one.do === 'revoke' && issued.length > 0) {
      const { id } = issued[one.which % issued.length]!
      const revocation = await servers[one.server % 2]!.sessions.revoke(one.user, id).catch(unlessUnavailable)
      if (revocation?.ended === 1) watcher.revoked?.(id)
    }
    if (one.do === 'race') {
      const racing = open
      const late = one.user === null ? [] : [revokeAll(one.server, one.user, one.spared)]
      open = []
      // What it sees is of before or after the others: it is not told of.
      const opening = start(one.server, one.cookies, [], false)
      await Promise.all([...racing.map(async (each) => commit(each, { failed: false, background: false })), ...late])
      open.push(await opening)
    }
    if (one.do === 'blind') {
      store.fail()
      const request = await start(one.server, one.cookies, one.acts, false)
      store.heal()
      const before = await dump()
      await commit(request, { failed: false, background: false })
      if (request.session.outcome === 'unavailable') watcher.blind?.(request, before, await dump())
      await recovery(request.server)
    }
    await watcher.settled?.(context())
  }

  for (const one of steps) await run(one)
  for (const server of servers) await back(server)
  for (const at of servers.keys()) for (const which of issued.keys()) await start(at, [which], [])
}

/** What a request did to the cookie of signed-in sessions: its value, `''` where it was deleted, `undefined` where it was left alone. */
export const effect = ({ headers }: Request): string | undefined =>
  headers
    .getSetCookie()
    .map(readSetCookie)
    .find(({ name }) => name === '__Host-session')?.value

export const enters = (done: readonly Act[]): boolean => done.some((each) => each.startsWith('sign in'))

/** The records of sessions that have neither idled out nor expired. */
export async function liveRecords({ store, now }: Context): Promise<SessionRecord[]> {
  return (await store.records()).filter(({ expiresAt }) => expiresAt > now)
}

function unlessUnavailable(error: unknown): void {
  if ((error as { code?: string }).code !== 'ERR_SESSION_UNAVAILABLE') throw error
}
