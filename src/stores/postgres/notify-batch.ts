/** How many ids wait at most. What is not told is seen all the same, since whoever watches looks by itself. */
const most = 10_000

/**
 * Tells others which sessions have ended or were renewed, by one statement at a time, so that the requests keep their
 * connections. What comes meanwhile is told by the next. Where it fails, nobody is told.
 */
export function createTelling(send: (ids: string[]) => Promise<unknown>) {
  const waiting = new Set<string>()
  let sending: Promise<void> | null = null

  async function sendAll(): Promise<void> {
    while (waiting.size > 0) {
      const ids = [...waiting]
      waiting.clear()
      await send(ids).catch(() => {})
    }
    sending = null
  }

  return {
    /** Resolves before it is told. */
    async tell(id: string): Promise<void> {
      if (waiting.size < most) waiting.add(id)
      sending ??= sendAll()
      // By then a pool that is not busy has sent it, and may be ended right afterwards.
      await new Promise<void>(process.nextTick)
    },
    /** Resolves when all is told that could be. */
    async done(): Promise<void> {
      await sending
    },
  }
}
