import type { Connection, LazyConnection } from './types.ts'
import type { OpenedRedis } from './types.ts'
import { dedicatedOf } from '../replicas/durability.ts'

/** A connection, and whether anything is heard from it. */
interface Watched {
  readonly opening: Promise<OpenedRedis>
  isSettled: boolean
  /** How many questions it owes an answer. */
  owed: number
  /** When it answered last, or was asked while it owed nothing; by `performance.now()`. */
  heardAt: number
}

/**
 * How long a connection may owe answers and give none, in milliseconds. One whose network forgot it stays open for a quarter
 * of an hour, and nothing ever comes of it.
 */
const silence = 5000

export function lazyConnection(open: () => Promise<OpenedRedis>): LazyConnection {
  let current: Watched | null = null
  let isClosed = false

  function begin(): Watched {
    const opening = open()
    const begun: Watched = { opening, isSettled: false, owed: 0, heardAt: 0 }
    opening.catch(() => {
      if (current === begun) current = null
    })
    return begun
  }

  function present(): Watched {
    if (isClosed) throw new Error('This Redis store was closed.')
    if (current !== null && current.owed > 0 && performance.now() - current.heardAt > silence) {
      void hangUp(current)
      current = null
    }
    return (current ??= begin())
  }

  async function ask<Answer>(question: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    const asked = present()
    if (asked.owed++ === 0) asked.heardAt = performance.now()
    try {
      const opened = await asked.opening
      // Who comes first waits for the connection, and is told why there is none. The client goes on trying, and refuses at
      // once as long as it does.
      if (!asked.isSettled) await opened.ready.finally(() => (asked.isSettled = true))
      return await question(opened.connection)
    } finally {
      asked.owed--
      asked.heardAt = performance.now()
    }
  }

  return {
    run: async (...asked) => ask((connection) => connection.run(...asked)),
    hash: async (key) => ask((connection) => connection.hash(key)),
    nodes: async () => ask((connection) => connection.nodes()),
    isCluster: false,
    subscribe: async (...asked) =>
      ask(({ subscribe }) => {
        if (subscribe === null) throw new Error('This client of Redis cannot listen.')
        return subscribe(...asked)
      }),
    dedicated: async () => ask(({ dedicated }) => dedicatedOf(dedicated)()),
    forget() {},
    keyPrefix: '',
    get isOpen() {
      return current?.isSettled === true
    },
    async close() {
      isClosed = true
      if (current !== null) await hangUp(current)
    },
  }
}

async function hangUp({ opening }: Watched): Promise<void> {
  const opened = await opening.catch(() => null)
  await opened?.close()
}
