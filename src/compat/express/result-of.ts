import type { MaybePromise } from '../../util/maybe-promise.ts'

interface Answer<Result> {
  readonly error: unknown
  readonly result: Result | undefined
}

/** Returns the first result that a call gives to its callback: at once, if it calls back at once. An error is a rejected promise. */
export function resultOf<Result>(
  call: (callback: (error: unknown, result?: Result) => void) => void,
): MaybePromise<Result> {
  const first: { answer?: Answer<Result>; onAnswer?: () => void } = {}
  call((error, result) => {
    first.answer ??= { error, result }
    first.onAnswer?.()
  })
  if (first.answer !== undefined) return toResult(first.answer)
  return new Promise((resolve) => (first.onAnswer = () => resolve(toResult(first.answer!))))
}

const toResult = <Result>({ error, result }: Answer<Result>): MaybePromise<Result> =>
  error ? Promise.reject(error) : result!
