import { SojournError } from '../../core/errors.ts'
import type { SessionStore } from '../store.ts'
import { createCheckpointer } from './checkpoint.ts'
import {
  checkClient,
  createSqliteConnection,
  readFilePath,
  withoutWaiting,
  type Row,
  type SqliteDatabase,
  type SqlValue,
} from './connection.ts'
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

export type { SqliteDatabase, SqliteStatement } from './connection.ts'

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
  const runStep = createRunStep(queue, prepare, createCheckpointer(db))
  const { endAll, finishAbandoned } = createEndAll(queue, prepare, runStep)

  const query = <Result>(work: (statements: Statements) => Result): Promise<Result> =>
    read(() => {
      const { connection, statements } = prepare()
      return connection.read(() => work(statements))
    })

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
      const removed = await runStep(({ removeExpired }) => removeExpired(before))
      return removed.length || (await runStep(({ removeCutoffs }) => removeCutoffs(before))).length
    },

    async *all() {
      for await (const row of readPages('seq', 0, (after) => query(({ selectPage }) => selectPage(after)))) {
        const found = decodeRecordOrEnding(row)
        if (found !== null) yield { key: decodeKey(row), found }
      }
      for await (const row of readPages('of_user', '', (after) => query(({ selectCutoffs }) => selectCutoffs(after))))
        yield decodeCutoff(row)
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

async function* readPages(column: string, first: SqlValue, readPage: (after: SqlValue) => Promise<Row[]>) {
  let after = first
  for (;;) {
    const page = await readPage(after)
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = last[column] as SqlValue
  }
}
