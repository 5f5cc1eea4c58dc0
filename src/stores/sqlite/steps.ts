import type { Checkpointer } from './checkpoint.ts'
import type { Row } from './database.ts'
import type { LockQueue } from './lock-queue.ts'
import type { Prepared, Statements } from './statements.ts'

/** Runs one of many steps. Other work of this process has a turn after each. */
export type RunStep = (work: (statements: Statements) => Row[], until?: number) => Promise<Row[]>

/**
 * How many steps write into the journal before a worker copies it. The journal must stay shorter than 1,000 pages, because
 * an ordinary write copies a longer one, and waits for the disk.
 */
const stepsPerCheckpoint = 5
/** The journal's length in pages at which a step copies it itself, if there is no worker. SQLite's default is 1,000. */
const briefCheckpointPages = 50

export function createRunStep({ write }: LockQueue, prepare: () => Prepared, checkpointer: Checkpointer): RunStep {
  let stepCount = 0

  return async (work, until) => {
    const rows = await write(() => {
      const { connection, statements } = prepare()
      return connection.writeBriefly(checkpointer.isAvailable ? 0 : briefCheckpointPages, () =>
        connection.transaction(() => work(statements)),
      )
    }, until)
    stepCount++
    if (checkpointer.isAvailable && stepCount % stepsPerCheckpoint === 0) await checkpointer.run()
    // SQLite is synchronous. Without this pause, a caller that steps in a loop would block all other requests.
    else await new Promise(setImmediate)
    return rows
  }
}
