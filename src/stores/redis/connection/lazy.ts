import { requireConnector } from '../replicas/durability.ts'
import type { LazyConnection, OpenedRedis, RedisConnection } from './types.ts'

/** A connection, and whether anything is heard from it. */
interface TrackedConnection {
  readonly opening: Promise<OpenedRedis>
  isSettled: boolean
  /** How many questions it owes an answer. */
  pendingCount: number
  /** When it answered last, or was asked while it owed nothing; by `performance.now()`. */
  heardAt: number
}

/**
 * How long a connection may owe answers and give none, in milliseconds. One whose network forgot it stays open for a quarter
 * of an hour, and nothing ever comes of it.
 */
const silenceTimeoutMs = 5000

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
      // Who comes first waits for the connection, and is told why there is none. The client goes on trying, and refuses at
      // once as long as it does.
      if (!tracked.isSettled) await opened.ready.finally(() => (tracked.isSettled = true))
      return await call(opened.connection)
    } finally {
      tracked.pendingCount--
      tracked.heardAt = performance.now()
    }
  }

  return {
    run: async (...asked) => callConnection((connection) => connection.run(...asked)),
    readHash: async (key) => callConnection((connection) => connection.readHash(key)),
    listPrimaries: async () => callConnection((connection) => connection.listPrimaries()),
    isCluster: false,
    subscribe: async (...asked) =>
      callConnection(({ subscribe }) => {
        if (subscribe === null) throw new Error('This client of Redis cannot listen.')
        return subscribe(...asked)
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
