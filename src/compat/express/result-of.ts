import type { MaybePromise } from '../../util/maybe-promise.ts'

/** Returns the first result that a call gives to its callback: at once, if it calls back at once. An error is a rejected promise. */
export function resultOf<Result extends object>(
  call: (callback: (error: unknown, result?: Result) => void) => void,
): MaybePromise<Result> {
  let first: MaybePromise<Result> | undefined
  let onFirst: ((result: MaybePromise<Result>) => void) | undefined
  call((error, result) => {
    first ??= toResult(error, result)
    onFirst?.(first)
  })
  return first ?? new Promise((resolve) => (onFirst = resolve))
}

const toResult = <Result>(failure: unknown, result: Result | undefined): MaybePromise<Result> =>
  failure ? Promise.reject(failure) : result!
