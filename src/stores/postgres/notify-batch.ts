/** How many ids wait at most. What is not told is seen all the same, since whoever watches looks by itself. */
const maxWaitingIds = 10_000

/**
 * Tells others which sessions have ended or were renewed, by one statement at a time, so that the requests keep their
 * connections. What comes meanwhile is told by the next. Where it fails, nobody is told.
 */
export function createNotifyBatch(send: (ids: string[]) => Promise<unknown>) {
  const waitingIds = new Set<string>()
  let sending: Promise<void> | null = null

  async function sendAll(): Promise<void> {
    while (waitingIds.size > 0) {
      const ids = [...waitingIds]
      waitingIds.clear()
      await send(ids).catch(() => {})
    }
    sending = null
  }

  return {
    /** Resolves before it is told. */
    async add(id: string): Promise<void> {
      if (waitingIds.size < maxWaitingIds) waitingIds.add(id)
      sending ??= sendAll()
      // By then a pool that is not busy has sent it, and may be ended right afterwards.
      await new Promise<void>(process.nextTick)
    },
    /** Resolves when all is told that could be. */
    async drain(): Promise<void> {
      await sending
    },
  }
}
