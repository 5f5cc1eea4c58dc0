import { expect, it, vi } from 'vitest'
import { addRecord, sampleEnding } from '../../../src/testing/store-suite/kit.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { opened } = sqliteFiles()
const sessionCount = 20_000

it(`SQLite ends ${sessionCount} sessions of one user, and stops its process for less than 10 ms at a time`, async () => {
  const { db, store } = opened()
  const longestPauses: number[] = []
  // Processor time, and the quietest run counts, because a busy machine can only make pauses longer.
  for (let run = 0; run < 10 && !longestPauses.some((ms) => ms < 10); run++) {
    const userId = `user-${run}`
    await addRecord(store, { userId })
    copySession(userId)
    const pauses = measurePauses()
    const { ended } = await store.endAll(userId, sampleEnding)
    // Most of the rows are changed after the answer.
    await vi.waitFor(() => expect(isFinished()).toBe(true), { timeout: 30_000, interval: 100 })
    longestPauses.push(pauses.stop())
    expect(ended.length).toBe(sessionCount)
    expect(await store.list(userId)).toEqual([])
  }

  expect(Math.min(...longestPauses)).toBeLessThan(10)

  /** Copies the only session of a user in the database, because to sign in so often takes minutes. */
  function copySession(userId: string): void {
    const columns = (db.prepare(`SELECT name FROM pragma_table_info('sojourn_sessions')`).all() as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => name !== 'seq' && name !== 'id')
      .join()
    db.prepare(
      `WITH RECURSIVE copy(number) AS (SELECT 2 UNION ALL SELECT number + 1 FROM copy WHERE number < ${sessionCount})
       INSERT INTO sojourn_sessions (id, ${columns}) SELECT id || '-' || number, ${columns} FROM copy, sojourn_sessions WHERE user_id = ?`,
    ).run(userId)
  }

  function isFinished(): boolean {
    return db.prepare('SELECT * FROM sojourn_sessions_unfinished').all().length === 0
  }
})

/** Measures the most processor time between two turns of the event loop, until `stop` returns it in milliseconds. */
function measurePauses() {
  const usedMs = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  let longestMs = 0
  let last = usedMs()
  let next = setImmediate(function turn() {
    const used = usedMs()
    longestMs = Math.max(longestMs, used - last)
    last = used
    next = setImmediate(turn)
  })
  return {
    stop(): number {
      clearImmediate(next)
      return longestMs
    },
  }
}
