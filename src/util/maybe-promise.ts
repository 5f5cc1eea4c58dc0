/** Goes on with a value: at once where it is there, or else when it comes. */
export function andThen<A, B>(value: A | Promise<A>, work: (value: A) => B | Promise<B>): B | Promise<B> {
  return value instanceof Promise ? value.then(work) : work(value)
}

/** All of several values: at once where all of them are there. */
export function allOf<A>(values: readonly (A | Promise<A>)[]): readonly A[] | Promise<readonly A[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly A[])
}
