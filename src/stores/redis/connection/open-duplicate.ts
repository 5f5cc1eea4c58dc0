import type { IoRedis, NodeRedis } from './types.ts'

/** For how long a connection may take to open, in milliseconds. A server that has stopped accepts it, and says nothing. */
const openTimeoutMs = 5000

/** Resolves once a connection has opened. One that does not in time, or that nobody wants any more, is destroyed. */
async function openInTime(open: () => Promise<unknown>, destroy: () => void, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let failOpening = () => {}
  try {
    await new Promise((resolve, reject) => {
      failOpening = () => reject(new Error('Redis did not open a connection in time.'))
      timer = setTimeout(failOpening, openTimeoutMs)
      timer.unref()
      signal.addEventListener('abort', failOpening)
      if (signal.aborted) failOpening()
      else open().then(resolve, reject)
    })
  } catch (error) {
    destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', failOpening)
  }
}

const doNothing = async (): Promise<void> => {}

/** Opens a client of redis, and begins with it. It keeps no process alive. */
export async function openNodeRedisDuplicate(
  duplicate: NodeRedis,
  signal: AbortSignal,
  afterOpen: () => Promise<unknown> = doNothing,
): Promise<void> {
  function destroy(): void {
    try {
      duplicate.destroy!()
    } catch {
      // It was closed already.
    }
  }
  duplicate.unref?.()
  await openInTime(
    () =>
      new Promise((resolve, reject) => {
        // It would go on trying by itself, however its owner wants it.
        duplicate.on!('error', reject)
        duplicate.connect!().then(afterOpen).then(resolve, reject)
      }),
    () => {
      destroy()
      // Destroyed before its server accepted, it goes on when it does.
      duplicate.on!('connect', destroy)
    },
    signal,
  )
}

/** Opens a client of ioredis, and begins with it. It keeps no process alive. */
export async function openIoRedisDuplicate(
  duplicate: IoRedis,
  signal: AbortSignal,
  afterOpen: () => Promise<unknown> = doNothing,
): Promise<void> {
  const unref = () => duplicate.stream?.unref?.()
  await openInTime(
    async () => {
      // It has its socket a moment later.
      setImmediate(unref)
      await duplicate.connect!()
      unref()
      await afterOpen()
    },
    () => {
      duplicate.disconnect!()
      // By itself it waits for the server to close it as well.
      duplicate.stream?.destroy?.()
    },
    signal,
  )
}
