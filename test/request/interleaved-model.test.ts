import fc from 'fast-check'
import { expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { effect, interleave, type Request, server, stepsOfTwoDays, twoServers } from '../suites/interleaving/cookies.ts'

const user = '__Host-session'

const arrangements = [
  { where: 'in cookies', serve: (now: () => number) => server(now) },
  { where: 'in a store', serve: (now: () => number) => server(now, memoryStore()) },
  { where: 'in a store, at two servers', serve: (now: () => number) => twoServers(now, memoryStore()) },
]

it.each(arrangements)(
  'whoever signed in is signed in until they sign out, and nobody else is: $where',
  async ({ serve }) => {
    const property = fc.asyncProperty(stepsOfTwoDays, async (steps) => {
      const model = createModel()
      const watcher = {
        committed: model.committed,
        closed: model.closed,
        settled: async (
          visitor: { cookie: string },
          sessions: { open(cookie: string): Promise<{ userId: string | null }> },
        ) => expect((await sessions.open(visitor.cookie)).userId).toBe(model.userId()),
      }
      await interleave(steps, watcher, true, serve)
    })
    await fc.assert(property, { numRuns: 500 })
  },
)

interface Live {
  readonly userId: string
  remember: boolean
  /** Its tokens since the last renewal. */
  readonly tokens: Set<string>
}

/** What should be so, by the rules alone: which users' sessions live, and which of them the browser holds. */
function createModel() {
  const live = new Map<string, Live>()
  let held: { id: string; remember: boolean } | null = null

  function committed(request: Request): void {
    const { session, was, brought, failed } = request
    const mine = was.userId === null ? undefined : live.get(was.id!)
    const token = new RegExp(`${user}=([^;]*)`).exec(brought)?.[1]
    const current = mine !== undefined && mine.tokens.has(token!)
    const wish = wishOf(request, mine)
    const entered = wish.identity === 'new' && !failed
    const set = effect(request, user)

    if (was.id !== null && (wish.signedOut || entered)) live.delete(was.id)
    if (entered) {
      live.set(session.id!, { userId: wish.userId!, remember: wish.remember, tokens: new Set([set!]) })
      held = { id: session.id!, remember: wish.remember }
      return
    }
    if (wish.signedOut) {
      if (token !== undefined) held = null
      return
    }
    if (!current) return void expect(set).toBeUndefined()
    if (wish.identity === 'renewed' && !failed) {
      expect(set).toMatch(/./)
      mine.remember = wish.remember
      mine.tokens.clear()
    }
    if (set === undefined) return
    mine.tokens.add(set)
    held = { id: was.id!, remember: mine.remember }
  }

  return {
    committed,
    closed() {
      if (held?.remember === false) held = null
    },
    userId: () => (held === null ? null : (live.get(held.id)?.userId ?? null)),
  }
}

/** What the handler asked for, in the end. */
function wishOf({ was, acts }: Request, mine: Live | undefined) {
  let userId = was.userId
  let remember = mine?.remember ?? true
  let identity: 'kept' | 'renewed' | 'new' = 'kept'
  let signedOut = false
  for (const act of acts) {
    if (act === 'renew' && identity === 'kept') identity = 'renewed'
    if (act === 'sign out') {
      signedOut = true
      userId = null
      identity = 'kept'
    }
    if (act.startsWith('sign in')) {
      const who = act.includes('eve') ? 'eve' : 'ada'
      if (userId !== who) identity = 'new'
      else if (identity === 'kept') identity = 'renewed'
      remember = act.endsWith('briefly') ? false : userId === who ? remember : true
      userId = who
    }
  }
  return { userId, remember, identity, signedOut }
}
