import type { Ending } from '../store.ts'

/** How many notices wait at most. More are lost. */
const maxWaiting = 10_000
/** A failed statement is repeated for about a minute, with these waits at first and at most. */
const [maxTries, firstWaitMs, maxWaitMs] = [12, 250, 8000]

/**
 * Sends notices to all processes. Only one statement runs at a time, to leave the pool's connections to requests. The next
 * statement sends the notices that arrive meanwhile, and those of a statement that failed.
 *
 * @param onLost is called if notices are lost, once until others are sent
 */
export function createNotifyBatch(send: (notices: string[]) => Promise<unknown>, onLost: () => void) {
  let waiting = new Set<string>()
  let sending: Promise<void> | null = null
  let isClosing = false
  let isLost = false
  let endWait = () => {}

  function reportLost(): void {
    if (!isLost) onLost()
    isLost = true
  }

  async function sendAll(): Promise<void> {
    let tries = 0
    while (waiting.size > 0) {
      const notices = [...waiting]
      waiting.clear()
      try {
        await send(notices)
        tries = 0
        isLost = false
      } catch {
        if (isClosing || ++tries >= maxTries) {
          reportLost()
          continue
        }
        const all = [...new Set([...notices, ...waiting])]
        if (all.length > maxWaiting) reportLost()
        waiting = new Set(all.slice(0, maxWaiting))
        await wait(Math.min(firstWaitMs * 2 ** (tries - 1), maxWaitMs))
      }
    }
    sending = null
  }

  /** Waits before a retry. Does not keep the process alive. */
  function wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      endWait = resolve
      setTimeout(resolve, milliseconds).unref?.()
    })
  }

  return {
    /** Queues an encoded notice. Resolves before the notification is sent. */
    async add(notice: string): Promise<void> {
      if (waiting.size < maxWaiting) waiting.add(notice)
      else reportLost()
      sending ??= sendAll()
      // After this tick an idle pool has sent the statement, so the application may end the pool right afterwards.
      await new Promise<void>(process.nextTick)
    },
    /** Tries once more to send what waits. Resolves when all queued notices were sent, or could not be. */
    async drain(): Promise<void> {
      isClosing = true
      endWait()
      await sending
    },
  }
}

/** Postgres refuses a notification of 8,000 bytes. */
const maxIdsLength = 7800

/** Encodes the notices of users' sessions that ended for one reason, many in each text. */
export function encodeEnded(ids: readonly string[], ended: Ending['ended']): string[] {
  const batches: string[][] = []
  let length = Infinity
  for (const id of ids) {
    length += id.length + 3
    if (length > maxIdsLength) {
      batches.push([])
      length = id.length + 3
    }
    batches.at(-1)!.push(id)
  }
  return batches.map((each) => JSON.stringify({ ids: each, isGuest: false, ended }))
}
