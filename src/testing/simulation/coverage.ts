import { now } from './time.ts'
import type { CookieFacts } from './facts.ts'
import { mayBeOver } from './model.ts'
import { faultWeights } from './weights.ts'

type State = 'no session' | 'guest' | 'signed in' | 'changed' | 'renewed' | 'ended' | 'without a store'
const states: readonly State[] = ['no session', 'guest', 'signed in', 'changed', 'renewed', 'ended', 'without a store']
const others = ['evict', 'wipe', 'failover', 'restart', 'move', 'clocks', 'none']

/** All pairs of a visitor's state and what is wrong meanwhile, as they are counted. */
export const cells = states.flatMap((state) =>
  [...Object.keys(faultWeights), ...others].map((fault) => `${state}|${fault}`),
)

/** Returns the state in which a visitor comes. */
export function stateOf(cookie: CookieFacts | null, outcome: string): State {
  if (cookie === null) return outcome === 'none' ? 'no session' : 'guest'
  const { session, hash } = cookie
  if (session.mayBeOverSince <= now()) return 'ended'
  if (mayBeOver(session, hash, now())) return 'renewed'
  if (session.wasWithoutStore) return 'without a store'
  return cookie.carried.size > 0 ? 'changed' : 'signed in'
}
