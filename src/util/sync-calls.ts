import type { MaybePromise } from './maybe-promise.ts'

type Async = (...values: any[]) => Promise<unknown>

/** The same function without its promise, if it has its result at once. */
type WithoutPromise<Call extends Async> = (...values: Parameters<Call>) => MaybePromise<Awaited<ReturnType<Call>>>

// Not a `WeakMap`: until all garbage is collected, it would keep each store that was ever created, with all its sessions.
const sync = Symbol()
interface HasSync {
  /** Returns the function without its promise, and any other one as it is: a `Proxy` has this too. */
  [sync]?: (asked: Async) => WithoutPromise<Async>
}

/**
 * Makes an async function of one that mostly has its result at once. Others wait for its promise, as for any function of a store.
 * Sojourn calls it by {@link withoutPromise}, because promises take longer than all that a store in this process does.
 */
export function withPromise<Call extends Async>(call: WithoutPromise<Call>): Call {
  const withIt: Async & HasSync = async (...values) => call(...(values as Parameters<Call>))
  withIt[sync] = (asked) => (asked === withIt ? (call as WithoutPromise<Async>) : asked)
  return withIt as Call
}

/** Returns the function that {@link withPromise} got, or the given one. A function that replaces one of a store has none. */
export const withoutPromise = <Call extends Async & HasSync>(call: Call): WithoutPromise<Call> =>
  (call[sync]?.(call) ?? call) as WithoutPromise<Call>
