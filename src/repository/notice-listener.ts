import type { Settings } from '../options.ts'
import type { SessionNotice, SessionStore } from '../stores/store.ts'

/** Listens to the store's notices of sessions that end and are renewed. */
export interface NoticeListener {
  /** Whether the store publishes notices. */
  readonly canListen: boolean
  start(): void
  /** Stops, except if cookies have copies: then this process must hear of all endings while the store answers. */
  stop(): void
}

/** @param onNotice gets each notice, or `null` if notices may be missing */
export function createNoticeListener(
  store: SessionStore,
  { lifetimes, events }: Pick<Settings, 'lifetimes' | 'events'>,
  onNotice: (notice: SessionNotice | null) => void,
): NoticeListener {
  const hasCopies = lifetimes.unconfirmedFor > 0
  let stopStore: (() => void) | undefined

  function reportLost(): void {
    if (hasCopies) events.emitter()?.({ type: 'notices-lost' })
  }

  return {
    canListen: store.watch !== undefined,
    start() {
      stopStore ??= store.watch?.(onNotice, reportLost)
    },
    stop() {
      if (hasCopies) return
      stopStore?.()
      stopStore = undefined
    },
  }
}
