/** How many ids wait at most. More are dropped, because watchers also poll and will see the change. */
const maxWaitingIds = 10_000

/**
 * Notifies all processes of sessions that ended or were renewed. Only one statement runs at a time, to leave the pool's
 * connections to requests. The next statement sends the ids that arrive meanwhile. Errors are ignored.
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
    /** Queues an id. Resolves before the notification is sent. */
    async add(id: string): Promise<void> {
      if (waitingIds.size < maxWaitingIds) waitingIds.add(id)
      sending ??= sendAll()
      // After this tick an idle pool has sent the statement, so the application may end the pool right afterwards.
      await new Promise<void>(process.nextTick)
    },
    /** Resolves when all queued ids were sent, or could not be. */
    async drain(): Promise<void> {
      await sending
    },
  }
}
