import { SojournError } from '../../core/errors.ts'
import type { Row, SqlValue } from '../sqlite/database.ts'
import {
  buildMergePatch,
  changeValues,
  decodeInfo,
  decodeRecordOrEnding,
  endingValues,
  escapeColumn,
  keyValues,
  recordValues,
} from '../sqlite/rows.ts'
import type { CreateResult, EndAllResult, SessionStore } from '../store.ts'
import { statementsFor } from './statements.ts'
import { checkTableName, defaultTable, tableStatements } from './table.ts'
import { createWrite, type Run, type Statement } from './write.ts'

export { d1Table } from './table.ts'

/** The binding of a D1 database, as far as the store uses it: `D1Database` of Cloudflare's types fits. */
export interface D1Binding {
  /** Prepares one statement. */
  prepare(sql: string): D1Statement
  /** Runs statements as one transaction. */
  batch(statements: any[]): Promise<{ readonly results: unknown[] }[]>
}

/** A prepared statement. */
export interface D1Statement {
  /** Returns the statement with values for its parameters. */
  bind(...values: SqlValue[]): unknown
}

/** Options of {@link d1Store}. */
export interface D1StoreOptions {
  /** The table's name: letters, digits and `_`, 50 characters at most. Another table has this name with `_cutoffs`. @default 'sojourn_sessions' */
  table?: string | undefined
}

/** The store that {@link d1Store} returns. */
export interface D1Store extends SessionStore {
  /**
   * Removes up to 200 rows that expired before an instant, in epoch milliseconds, and resolves to how many. Call it from a cron trigger
   * until it resolves to 0, because requests on Workers do not sweep.
   */
  sweep(before: number): Promise<number>
  /** Creates the tables and their indexes, if they are missing. Call it in a handler: Workers start no I/O outside of one. */
  createTable(): Promise<void>
}

// One function, because every method runs its statements by the same `run`.
/**
 * Stores sessions in a D1 database, for Cloudflare Workers. Each operation is one batch, which D1 runs as one transaction. The
 * store does not create its tables by itself: run the SQL of {@link d1Table} once, or call `createTable()`.
 *
 * All of a session's data is one row, so it has at most 2 MB. More rejects with `ERR_DATA`.
 *
 * Pass the binding itself. A session of D1's Sessions API may read a replica, which may show a session that has ended.
 *
 * `sessions.watch` does not work on Workers.
 *
 * @throws `ERR_STORE_CLIENT` if it is not such a binding. `ERR_OPTIONS` if the table's name is not valid.
 */
export function d1Store(db: D1Binding, { table = defaultTable }: D1StoreOptions = {}): D1Store {
  if (typeof db?.batch !== 'function')
    throw new SojournError('ERR_STORE_CLIENT', 'd1Store takes the binding of a D1 database, such as env.DB.')
  checkTableName(table)
  const sql = statementsFor(table)

  const run: Run = async (...statements) => {
    try {
      const results = await db.batch(statements.map(([text, ...values]) => db.prepare(text).bind(...values)))
      return results.map(({ results }) => results as Row[])
    } catch (error) {
      if (/too ?big/i.test(String(error)))
        throw new SojournError('ERR_DATA', 'D1 stores at most 2 MB of a session’s data.')
      throw error
    }
  }
  const write = createWrite(run, sql.clock)

  return {
    name: 'D1',

    async create(record, { openedAt, beganAt = null, limit } = {}, until) {
      const key = keyValues(record)
      const counted = [limit?.max ?? null, record.lastSeenAt]
      return withClock(openedAt, async (conditions) => {
        const values = [...key, ...conditions, beganAt, ...counted]
        const ending = limit?.ending ?? null
        const { now, rows } = await write(
          until,
          [sql.createState, ...values],
          ...(ending === null ? [] : [[sql.endOldest, ...values, ...endingValues(ending)] as Statement]),
          [sql.insert, ...values, ...recordValues(record)],
        )
        const { is_taken: isTaken, is_cut_off: isCutOff, is_full: isFull } = rows[0]![0]!
        const ended = ending === null ? [] : rows[1]!.map(({ id }) => id as string)
        if (isTaken === 1) return { now, isBlocked: false, answer: taken }
        if (isCutOff === 1) return { now, isBlocked: true, answer: cutOff }
        if (isFull === 1 && ending === null) return { now, isBlocked: false, answer: full }
        return { now, isBlocked: false, answer: { result: 'created', ended } satisfies CreateResult }
      })
    },

    async read(key) {
      const [row] = (await run([sql.select, ...keyValues(key)]))[0]!
      return row === undefined ? null : decodeRecordOrEnding(Object.values(row))
    },

    async update(key, held, change, until) {
      const patch = buildMergePatch(change)
      const version = change.version ?? null
      const heldValues = [...keyValues(key), escapeColumn(held.secretHash), held.version ?? null]
      const statement: Statement =
        patch === null && version === null
          ? [sql.touch, ...changeValues(change), ...heldValues]
          : [sql.change, ...changeValues(change), version, patch === null ? 0 : 1, patch ?? '{}', ...heldValues]
      const [row] = (await write(until, statement)).rows[0]!
      return row === undefined ? null : Number(row['version'])
    },

    async end(key, ending, until) {
      const { rows } = await write(until, [sql.end, ...endingValues(ending), ...keyValues(key)])
      return rows[0]!.length === 1
    },

    async endAll(userId, ending, except = null, until) {
      const key = [except?.id ?? null, escapeColumn(userId)]
      return withClock(except?.openedAt, async (conditions) => {
        const values = [...key, ...conditions, null, except?.openedAt === undefined ? 0 : 1]
        const endValues = [...values, ...endingValues(ending)]
        const { now, rows } = await write(
          until,
          [sql.endAllState, ...values],
          [sql.endOthers, ...endValues],
          [sql.putCutoff, ...endValues],
        )
        const isDone = rows[0]![0]!['is_done'] === 1
        const ended = rows[1]!.filter(({ version }) => version === 1).map(({ id }) => id as string)
        return { now, isBlocked: !isDone, answer: { isDone, ended, isConfirmed: true } satisfies EndAllResult }
      })
    },

    list: async (userId) => (await run([sql.selectOfUser, escapeColumn(userId)]))[0]!.map(decodeInfo),

    async sweep(before) {
      const removed = await run([sql.sweep, before], [sql.sweepCutoffs, before])
      return removed.flat().length
    },

    async createTable() {
      await run(...tableStatements(table).map((text): [string] => [text]))
    },
  }
}

/** The values of the conditions on a cutoff: whether any cutoff blocks the call, and when its request was opened, by D1's clock. */
type Conditions = readonly [needsClock: 0 | 1, openedAt: number | null]

/**
 * Makes a call, and repeats it with an instant of D1's clock if a cutoff has blocked it. The reply took time, so the instant errs on the
 * early side: no sign-in counts as later than it was. D1's clock has whole milliseconds, hence the 2.
 */
async function withClock<Answer>(
  openedAt: number | undefined,
  call: (conditions: Conditions) => Promise<{ now: number; isBlocked: boolean; answer: Answer }>,
): Promise<Answer> {
  const first = await call([openedAt === undefined ? 0 : 1, null])
  if (openedAt === undefined || !first.isBlocked) return first.answer
  const openedThen = Math.floor(first.now - (performance.now() - openedAt) - 2)
  return (await call([0, openedThen])).answer
}

const taken: CreateResult = { result: 'taken', ended: [] }
const cutOff: CreateResult = { result: 'cut-off', ended: [] }
const full: CreateResult = { result: 'full', ended: [] }
