import type { SessionEvent } from 'sojourn'

export type StoreState = ReturnType<typeof createStoreState>

/** Tracks whether the session store answers, for pages that explain an outage. */
export function createStoreState() {
  let isDown = false
  return {
    get isDown() {
      return isDown
    },
    update({ type }: Pick<SessionEvent, 'type'>): void {
      if (type === 'store-down') isDown = true
      if (type === 'store-up') isDown = false
    },
  }
}
