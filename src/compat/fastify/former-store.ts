import type { FormerStore } from '../shared/former-store.ts'

/**
 * Returns a former store that has no expired sessions. @fastify/session checks the end in the record by itself, because not every store
 * removes what has expired.
 */
export function withoutExpired(store: FormerStore): FormerStore {
  return {
    get: (id, callback) =>
      store.get(id, (error, session) => callback(error, error || !session || isExpired(session) ? null : session)),
    destroy: (id, callback) => store.destroy?.(id, callback),
  }
}

function isExpired({
  cookie,
}: {
  readonly cookie?: { readonly expires?: unknown; readonly originalExpires?: unknown }
}): boolean {
  const end = cookie?.originalExpires || cookie?.expires
  return Boolean(end) && new Date(end as string).valueOf() <= Date.now()
}
