/** The callbacks of those who watch sessions, by session id. */
export interface Watchers {
  readonly isEmpty: boolean
  /** Adds a callback. Returns a function that removes it. */
  add(id: string, onChange: () => void): () => void
  callbacksOf(id: string): Iterable<() => void>
  allCallbacks(): Iterable<() => void>
}

export function createWatchers(): Watchers {
  const callbacksById = new Map<string, Set<() => void>>()
  return {
    get isEmpty() {
      return callbacksById.size === 0
    },
    add(id, onChange) {
      // A function of its own, so that one callback can be added twice and removed once.
      const callback = () => onChange()
      const callbacks = callbacksById.get(id) ?? new Set()
      callbacksById.set(id, callbacks.add(callback))
      return () => {
        if (callbacks.delete(callback) && callbacks.size === 0) callbacksById.delete(id)
      }
    },
    callbacksOf: (id) => callbacksById.get(id) ?? [],
    *allCallbacks() {
      for (const callbacks of callbacksById.values()) yield* callbacks
    },
  }
}
