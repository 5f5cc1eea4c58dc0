/** How many notices wait at most. More are dropped, because watchers also poll and will see the change. */
const maxWaiting = 10_000

/**
 * Sends notices to all processes. Only one statement runs at a time, to leave the pool's
 * connections to requests. The next statement sends the notices that arrive meanwhile. Errors are ignored.
 */
export function createNotifyBatch(send: (notices: string[]) => Promise<unknown>) {
  const waiting = new Set<string>()
  let sending: Promise<void> | null = null

  async function sendAll(): Promise<void> {
    while (waiting.size > 0) {
      const notices = [...waiting]
      waiting.clear()
      await send(notices).catch(() => {})
    }
    sending = null
  }

  return {
    /** Queues an encoded notice. Resolves before the notification is sent. */
    async add(notice: string): Promise<void> {
      if (waiting.size < maxWaiting) waiting.add(notice)
      sending ??= sendAll()
      // After this tick an idle pool has sent the statement, so the application may end the pool right afterwards.
      await new Promise<void>(process.nextTick)
    },
    /** Resolves when all queued notices were sent, or could not be. */
    async drain(): Promise<void> {
      await sending
    },
  }
}
