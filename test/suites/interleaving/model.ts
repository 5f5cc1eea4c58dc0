import { expect } from 'vitest'
import { effect, userCookie, type Request } from './requests.ts'

interface Live {
  readonly userId: string
  remember: boolean
  /** Its tokens since the last renewal. */
  readonly tokens: Set<string>
}

/** Computes, by the rules alone, which users' sessions are alive and which of them the browser holds. */
export function createModel() {
  const live = new Map<string, Live>()
  let held: { id: string; remember: boolean } | null = null

  function committed(request: Request): void {
    const { session, was, header, failed } = request
    const mine = was.userId === null ? undefined : live.get(was.id!)
    const token = new RegExp(`${userCookie}=([^;]*)`).exec(header)?.[1]
    const current = mine !== undefined && mine.tokens.has(token!)
    const wish = wishOf(request, mine)
    const entered = wish.identity === 'new' && !failed
    const set = effect(request)

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

/** The result of all that the handler asked for. */
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
