import type { MaybePromise } from './maybe-promise.ts'

// More functions for `MaybePromise`, which only stores need. An answer that is there at once is a value, but every error is a
// rejected promise.

/** Calls a function of another library. An error that it throws becomes a rejected promise, and its kind of promise one of ours. */
export function callOther<Answer>(call: () => MaybePromise<Answer>): MaybePromise<Answer> {
  try {
    const answer = call()
    return typeof (answer as Partial<Promise<Answer>> | null)?.then === 'function' ? Promise.resolve(answer) : answer
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Calls `onError` if a promise rejects. */
export function orElse<A, B>(
  value: MaybePromise<A>,
  onError: (error: unknown) => MaybePromise<B>,
): MaybePromise<A | B> {
  return value instanceof Promise ? value.catch(onError) : value
}
