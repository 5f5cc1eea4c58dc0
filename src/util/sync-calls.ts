import type { MaybePromise } from './maybe-promise.ts'

type Async = (...values: any[]) => Promise<unknown>

/** The same function without its promise, if it has its result at once. */
type WithoutPromise<Call extends Async> = (...values: Parameters<Call>) => MaybePromise<Awaited<ReturnType<Call>>>

const withoutPromises = new WeakMap<Async, WithoutPromise<Async>>()

/**
 * Makes an async function of one that mostly has its result at once. Others wait for its promise, as for any function of a store.
 * Sojourn calls it by {@link withoutPromise}, because promises take longer than all that a store in this process does.
 */
export function withPromise<Call extends Async>(call: WithoutPromise<Call>): Call {
  const withIt: Async = async (...values) => call(...(values as Parameters<Call>))
  withoutPromises.set(withIt, call as WithoutPromise<Async>)
  return withIt as Call
}

/** Returns the function that {@link withPromise} got, or the given one. A function that replaces one of a store has none. */
export const withoutPromise = <Call extends Async>(call: Call): WithoutPromise<Call> =>
  (withoutPromises.get(call) ?? call) as WithoutPromise<Call>
