// Node sends a response's headers inside the call of writeHead, write or end. A session in a cookie can be opened and
// committed within that call, but only if nothing on the way is a promise: even a resolved one continues too late. So the
// request path is written with these functions. They stay synchronous until there is a promise to wait for.

/** A value, or a promise of it. */
export type MaybePromise<A> = A | Promise<A>

/** Calls `work` with a value: now if the value is there, otherwise when its promise resolves. */
export function andThen<A, B>(value: MaybePromise<A>, work: (value: A) => MaybePromise<B>): MaybePromise<B> {
  return value instanceof Promise ? value.then(work) : work(value)
}

/** Collects several values: now if all of them are there, otherwise when all have resolved. */
export function allOf<A>(values: readonly MaybePromise<A>[]): MaybePromise<readonly A[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly A[])
}
