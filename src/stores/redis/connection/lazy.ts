import { requireConnector } from './dedicated-connection.ts'
import type { LazyConnection, OpenedRedis, RedisConnection } from './types.ts'

/** A connection, with the data that shows whether its server still replies. */
interface TrackedConnection {
  readonly opening: Promise<OpenedRedis>
  /** Whether `ready` was settled: the first connection succeeded or failed. */
  isSettled: boolean
  /** The number of commands without a reply. */
  pendingCount: number
  /** The time of the last reply, or of the first command without one; by `performance.now()`. */
  heardAt: number
}

/**
 * How long commands may wait without any reply, in milliseconds, until the connection is replaced. A connection that the
 * network dropped silently stays open for a quarter of an hour.
 */
const silenceTimeoutMs = 5000

/** Returns a connection that `open` creates on the first call, and again if it could not open or its server is silent. */
export function createLazyConnection(open: () => Promise<OpenedRedis>): LazyConnection {
  let current: TrackedConnection | null = null
  let isClosed = false

  function startOpening(): TrackedConnection {
    const opening = open()
    const started: TrackedConnection = { opening, isSettled: false, pendingCount: 0, heardAt: 0 }
    opening.catch(() => {
      if (current === started) current = null
    })
    return started
  }

  function currentOrNew(): TrackedConnection {
    if (isClosed) throw new Error('This Redis store was closed.')
    if (current !== null && current.pendingCount > 0 && performance.now() - current.heardAt > silenceTimeoutMs) {
      void closeConnection(current)
      current = null
    }
    return (current ??= startOpening())
  }

  async function callConnection<Answer>(call: (connection: RedisConnection) => Promise<Answer>): Promise<Answer> {
    const tracked = currentOrNew()
    if (tracked.pendingCount++ === 0) tracked.heardAt = performance.now()
    try {
      const opened = await tracked.opening
      // The first calls wait until the client is connected, and reject with the reason if it is not. The client then continues
      // to reconnect, and rejects later calls at once.
      if (!tracked.isSettled) await opened.ready.finally(() => (tracked.isSettled = true))
      return await call(opened.connection)
    } finally {
      tracked.pendingCount--
      tracked.heardAt = performance.now()
    }
  }

  return {
    run: async (...args) => callConnection((connection) => connection.run(...args)),
    readField: async (...args) => callConnection((connection) => connection.readField(...args)),
    listPrimaries: async () => callConnection((connection) => connection.listPrimaries()),
    isCluster: false,
    subscribe: async (...args) =>
      callConnection(({ subscribe }) => {
        if (subscribe === null) throw new Error('This Redis client cannot listen to channels.')
        return subscribe(...args)
      }),
    loadConnector: async () => callConnection(({ loadConnector }) => requireConnector(loadConnector)()),
    dropCached() {},
    keyPrefix: '',
    get isOpen() {
      return current?.isSettled === true
    },
    async close() {
      isClosed = true
      if (current !== null) await closeConnection(current)
    },
  }
}

async function closeConnection({ opening }: TrackedConnection): Promise<void> {
  const opened = await opening.catch(() => null)
  await opened?.close()
}
