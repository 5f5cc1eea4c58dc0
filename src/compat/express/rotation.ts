import type { Store } from './store.ts'

/** A session that got a new id. */
export interface Rotation {
  readonly formerId: string
  /** Whether the new id is refused if the former one has ended: it would bring a user's session back. */
  readonly mustLive: boolean
  readonly undo: () => void
}

/**
 * Writes a session under its id. If that is new, the former session ends then.
 *
 * @param callback gets whether the session has ended meanwhile, so that it got no new id
 * @param isNow whether it may be called before this returns
 */
export function writeSession(
  store: Store,
  id: string,
  session: object,
  rotation: Rotation | null,
  callback: (error: unknown, isRefused?: boolean) => void,
  isNow = false,
): void {
  const written = (error: unknown): void => {
    if (rotation === null) return callback(error)
    if (error) {
      rotation.undo()
      return callback(error)
    }
    endFormer(store, rotation, (failure, wasLive) => {
      if (wasLive) return callback(null)
      // No response has sent the new id yet.
      store.destroy(id, () => {
        rotation.undo()
        callback(failure, !failure)
      })
    })
  }
  store.set(id, session, written, isNow)
}

/** Ends the session that got a new id, once its data is stored under that. Gets whether it was live until then. */
export function endFormer(
  store: Store,
  { formerId, mustLive }: Omit<Rotation, 'undo'>,
  callback: (error: unknown, wasLive?: boolean) => void,
): void {
  // A guest's session that lives on opens nothing of the user who has signed in.
  if (!mustLive) return store.destroy(formerId, () => callback(null, true))
  if (store.endLive) return store.endLive(formerId, callback)
  store.get(formerId, (error, values) => {
    // Stores of files call a missing file an error.
    if (error && error.code !== 'ENOENT') return callback(error)
    if (error || !values) return callback(null, false)
    // In the same step: no request of this process can end the session in between.
    store.destroy(formerId, (failure) => callback(failure, !failure))
  })
}
