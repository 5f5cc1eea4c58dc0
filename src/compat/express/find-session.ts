import type { Store } from './store.ts'

/** Gets the id that the request has, and the values of its session if the store has one. */
export type OnFound = (error: unknown, id: string | undefined, values: object | null) => void

/** Finds the first of several ids whose session the store has. Calls back at once if there is none, or if the store answers at once. */
export function findSession(store: Store, ids: readonly string[], onFound: OnFound): void {
  const [firstId] = ids
  const next = (index: number): void => {
    const id = ids[index]
    if (id === undefined) return onFound(null, firstId, null)
    const got = (error?: any, values?: any): void => {
      // Stores of files call a missing file an error.
      if (error && error.code !== 'ENOENT') onFound(error, id, null)
      else if (error || !values) next(index + 1)
      else onFound(null, id, values)
    }
    store.get(id, got, true)
  }
  next(0)
}
