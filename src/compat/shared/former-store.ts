/** A store of the former library, whose sessions are taken over. */
export interface FormerStore {
  get(id: string, callback: (error?: any, session?: any) => void): unknown
  destroy?(id: string, callback?: (error?: any) => void): unknown
}

/** Reads a session of the former store; `null` if it has none. Files that are missing count as none. */
export async function readFormer(store: FormerStore, id: string): Promise<Record<string, any> | null> {
  return new Promise((resolve, reject) => {
    store.get(id, (error, session) => {
      if (error && error.code !== 'ENOENT') reject(error)
      else resolve(error ? null : (session ?? null))
    })
  })
}

/** Ends a session of the former store as well, so that servers which still use it do not open it. A failure only leaves it there. */
export function endFormer(store: FormerStore, id: string): void {
  try {
    store.destroy?.(id, () => {})
  } catch {}
}
