import type { SessionEvent } from 'sojourn'

export type StoreState = ReturnType<typeof createStoreState>

/** Follows whether the session store answers, for pages that say what has to wait. */
export function createStoreState() {
  let isDown = false
  return {
    get isDown() {
      return isDown
    },
    note({ type }: Pick<SessionEvent, 'type'>): void {
      if (type === 'store-down') isDown = true
      if (type === 'store-up') isDown = false
    },
  }
}
