import type { Connection } from './client.ts'
import type { OpenedRedis } from './open.ts'
import { wiresOf } from './durability.ts'

/** A connection that is made when it is first needed. */
export interface LazyConnection extends Connection {
  /** Closes it, if it was made; nothing can be asked from then on. */
  close(): Promise<void>
}

/** A connection, and whether anything is heard from it. */
interface Line {
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
  let line: Line | null = null
  let isClosed = false

  function begin(): Line {
    const opening = open()
    const begun: Line = { opening, isSettled: false, owed: 0, heardAt: 0 }
    opening.catch(() => {
      if (line === begun) line = null
    })
    return begun
  }

  function present(): Line {
    if (isClosed) throw new Error('This Redis store was closed.')
    if (line !== null && line.owed > 0 && performance.now() - line.heardAt > silence) {
      void hangUp(line)
      line = null
    }
    return (line ??= begin())
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
    wires: async () => ask(({ wires }) => wiresOf(wires)()),
    forget() {},
    keyPrefix: '',
    get isOpen() {
      return line?.isSettled === true
    },
    async close() {
      isClosed = true
      if (line !== null) await hangUp(line)
    },
  }
}

async function hangUp({ opening }: Line): Promise<void> {
  const opened = await opening.catch(() => null)
  await opened?.close()
}
