import type { IoRedis } from './types.ts'
import type { NodeRedis } from './types.ts'

/** For how long a connection may take to open, in milliseconds. A server that has stopped accepts it, and says nothing. */
const patience = 5000

/** Resolves once a connection has opened. One that does not in time, or that nobody wants any more, is destroyed. */
async function opened(open: () => Promise<unknown>, destroy: () => void, over: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let giveUp = () => {}
  try {
    await new Promise((resolve, reject) => {
      giveUp = () => reject(new Error('Redis did not open a connection in time.'))
      timer = setTimeout(giveUp, patience)
      timer.unref()
      over.addEventListener('abort', giveUp)
      if (over.aborted) giveUp()
      else open().then(resolve, reject)
    })
  } catch (error) {
    destroy()
    throw error
  } finally {
    clearTimeout(timer)
    over.removeEventListener('abort', giveUp)
  }
}

const nothing = async (): Promise<void> => {}

/** Opens a client of redis, and begins with it. It keeps no process alive. */
export async function openedNodeRedis(
  own: NodeRedis,
  over: AbortSignal,
  begin: () => Promise<unknown> = nothing,
): Promise<void> {
  function destroy(): void {
    try {
      own.destroy!()
    } catch {
      // It was closed already.
    }
  }
  own.unref?.()
  await opened(
    () =>
      new Promise((resolve, reject) => {
        // It would go on trying by itself, however its owner wants it.
        own.on!('error', reject)
        own.connect!().then(begin).then(resolve, reject)
      }),
    () => {
      destroy()
      // Destroyed before its server accepted, it goes on when it does.
      own.on!('connect', destroy)
    },
    over,
  )
}

/** Opens a client of ioredis, and begins with it. It keeps no process alive. */
export async function openedIoRedis(
  own: IoRedis,
  over: AbortSignal,
  begin: () => Promise<unknown> = nothing,
): Promise<void> {
  const unref = () => own.stream?.unref?.()
  await opened(
    async () => {
      // It has its socket a moment later.
      setImmediate(unref)
      await own.connect!()
      unref()
      await begin()
    },
    () => {
      own.disconnect!()
      // By itself it waits for the server to close it as well.
      own.stream?.destroy?.()
    },
    over,
  )
}
