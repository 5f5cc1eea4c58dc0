import { SojournError } from '../../core/errors.ts'
import type { SessionStore } from '../store.ts'
import { createCheckpointer } from './checkpoint.ts'
import { createSqliteConnection, withoutWaiting } from './connection.ts'
import { checkClient, readFilePath, type Row, type SqliteDatabase, type SqlValue } from './database.ts'
import { createEndAll } from './end-all.ts'
import { createLockQueue, isLocked } from './lock-queue.ts'
import {
  cutoffValues,
  decodeCutoff,
  decodeInfo,
  decodeKey,
  decodeRecordOrEnding,
  escapeColumn,
  keyValues,
} from './rows.ts'
import { prepareStatements, type Prepared, type Statements } from './statements.ts'
import { createRunStep } from './steps.ts'
import { createTables, tableNames } from './table.ts'
import { createRecord, endRecord, openedAt, updateRecord } from './writes.ts'

export type { SqliteDatabase, SqliteStatement } from './database.ts'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * The table's name: letters, digits and `_`, 63 characters at most. Two more tables have this name with `_cutoffs` and
   * `_unfinished`.
   *
   * @default 'sojourn_sessions'
   */
  table?: string | undefined
}

/** The store that {@link sqliteStore} returns. */
export type SqliteStore = SessionStore & Required<Pick<SessionStore, 'sweep' | 'all' | 'putCutoff'>>

// One closure, because its methods share the connection and the queue of locks.
/**
 * Stores sessions in an SQLite file. It needs no server, and several processes of one machine may share the file. Takes
 * an open database of `node:sqlite` (Node 22.16 or newer), better-sqlite3, libsql or `bun:sqlite`. Creates its tables
 * if they are missing.
 *
 * Put the file on a local disk, because SQLite's locks do not work on NFS or SMB. The store puts the database in WAL mode.
 *
 * If another process has the database locked, the process is not blocked: writes are repeated until `storeTimeout`, and
 * then fail with `ERR_SESSION_UNAVAILABLE`. The connection's `busy_timeout` holds for the application's statements only.
 *
 * An ending and a renewal are on the disk before their call resolves (`synchronous = FULL`). A loss of power may undo
 * the last other writes; a crash of the process undoes none.
 *
 * Endings are kept until no cookie of their sessions can open. Their number for one user has no limit of its own, because each
 * takes a sign-in of that user.
 *
 * The connection's page cache becomes 64 MB, if it is smaller. Each page that is read takes part of it.
 *
 * The application may use the same connection, if none of its transactions stays open across an `await`.
 *
 * @throws `ERR_STORE_CLIENT` if the client is not such a database, if the database cannot use WAL mode, or if it has a
 * table of that name that Sojourn did not create. `ERR_OPTIONS` if the table's name is not valid.
 */
export function sqliteStore(db: SqliteDatabase, { table = 'sojourn_sessions' }: SqliteStoreOptions = {}): SqliteStore {
  if (!/^[A-Za-z_]\w{0,62}$/.test(table)) {
    throw new SojournError('ERR_OPTIONS', `table is ${JSON.stringify(table)}; use letters, digits and _.`)
  }
  checkClient(db)
  const queue = createLockQueue()
  const { read, write } = queue
  let prepared: Prepared | null = null
  const prepare = (): Prepared => (prepared ??= withoutWaiting(db, (ownTimeout) => setUp(db, table, ownTimeout)))
  try {
    prepare()
  } catch (error) {
    // The first call sets up the database, if another process has it locked now.
    if (!isLocked(error)) throw error
  }
  const checkpointer = createCheckpointer(db)
  const runStep = createRunStep(queue, prepare, checkpointer)
  const { endAll, finishAbandoned } = createEndAll(queue, prepare, runStep)

  const query = <Result>(work: (statements: Statements) => Result): Promise<Result> =>
    read(() => {
      const { connection, statements } = prepare()
      return connection.read(() => work(statements))
    })

  const hasMany = async (before: number): Promise<boolean> =>
    (await query(({ hasManyExpired }) => hasManyExpired(before))).length > 0

  return {
    name: `SQLite ${readFilePath(db)}`.trim(),

    create(record, options = {}, until) {
      const conditions = { ...options, openedAt: openedAt(options) }
      return write(() => createRecord(prepare(), record, conditions), until)
    },

    read: (key) =>
      query(({ select }) => {
        const [row] = select(...keyValues(key))
        return row === undefined ? null : decodeRecordOrEnding(row)
      }),

    update: (key, held, change, until) => write(() => updateRecord(prepare(), key, held, change), until),

    end: (key, ending, until) => write(() => endRecord(prepare(), key, ending), until),

    endAll,

    list: (userId) => query(({ selectOfUser }) => selectOfUser(escapeColumn(userId)).map(decodeInfo)),

    async sweep(before) {
      await finishAbandoned()
      // The first write after the journal was copied waits for the disk. So leave it to the worker.
      if (checkpointer.isIdle && (await hasMany(before))) await checkpointer.run()
      const removed = await runStep(({ removeExpired }) => removeExpired(before))
      return removed.length || (await runStep(({ removeCutoffs }) => removeCutoffs(before))).length
    },

    async *all() {
      const rows = readPages(0, lastValue, (after) => query(({ selectPage }) => selectPage(after)))
      for await (const row of rows) {
        const found = decodeRecordOrEnding(row)
        if (found !== null) yield { key: decodeKey({ id: row[0], user_id: row[1] }), found }
      }
      const cutoffs = readPages('', userOf, (after) => query(({ selectCutoffs }) => selectCutoffs(after)))
      for await (const row of cutoffs) yield decodeCutoff(row)
    },

    async putCutoff(userId, cutoff) {
      await write(() => {
        const { connection, statements } = prepare()
        return connection.writeThrough(() => statements.putLaterCutoff(...cutoffValues(userId, cutoff)))
      })
    },
  }
}

function setUp(db: SqliteDatabase, table: string, ownTimeout: number): Prepared {
  const connection = createSqliteConnection(db, ownTimeout)
  const names = tableNames(table)
  createTables(connection, names)
  return { connection, statements: prepareStatements(connection, names) }
}

const lastValue = (row: readonly unknown[]) => row.at(-1)
const userOf = (row: Row) => row['of_user']

async function* readPages<PageRow>(
  first: SqlValue,
  positionOf: (row: PageRow) => unknown,
  readPage: (after: SqlValue) => Promise<PageRow[]>,
) {
  let after = first
  for (;;) {
    const page = await readPage(after)
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = positionOf(last) as SqlValue
  }
}
