import type { IoRedis, NodeRedis } from './client-types.ts'

/** How long a connection may take to open, in milliseconds. A stopped server process still accepts it, and never replies. */
const openTimeoutMs = 5000

/** Resolves when a connection has opened. Destroys it if it fails, takes too long, or `signal` is aborted. */
export async function openInTime(
  open: () => Promise<unknown>,
  destroy: () => void,
  signal: AbortSignal,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let failOpening = () => {}
  try {
    await new Promise((resolve, reject) => {
      failOpening = () => reject(new Error('The connection to Redis did not open in time.'))
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

/** Opens a duplicated client of redis, and then calls `afterOpen`. The connection does not keep the process alive. */
export async function openNodeRedisDuplicate(
  duplicate: NodeRedis,
  signal: AbortSignal,
  afterOpen: () => Promise<unknown> = doNothing,
): Promise<void> {
  function destroy(): void {
    try {
      duplicate.destroy!()
    } catch {
      // It is closed already.
    }
  }
  duplicate.unref?.()
  await openInTime(
    () =>
      new Promise((resolve, reject) => {
        // Stop at the first error, because the client would reconnect by itself.
        duplicate.on!('error', reject)
        duplicate.connect!().then(afterOpen).then(resolve, reject)
      }),
    () => {
      destroy()
      // A client that is destroyed before the server accepts still connects, so destroy it again then.
      duplicate.on!('connect', destroy)
    },
    signal,
  )
}

/** Opens a duplicated client of ioredis, and then calls `afterOpen`. The connection does not keep the process alive. */
export async function openIoRedisDuplicate(
  duplicate: IoRedis,
  signal: AbortSignal,
  afterOpen: () => Promise<unknown> = doNothing,
): Promise<void> {
  const unref = () => duplicate.stream?.unref?.()
  await openInTime(
    async () => {
      // The client creates its socket a moment later.
      setImmediate(unref)
      await duplicate.connect!()
      unref()
      await afterOpen()
    },
    () => {
      duplicate.disconnect!()
      // `disconnect` waits until the server closes the connection too. A server that is stopped never does.
      duplicate.stream?.destroy?.()
    },
    signal,
  )
}
