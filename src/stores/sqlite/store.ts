import { SojournError } from '../../core/errors.ts'
import type { SessionStore } from '../store.ts'
import { checkClient, createSqliteConnection, withoutWaiting, type SqliteDatabase } from './connection.ts'
import { createLockQueue, isLocked, type LockQueue } from './lock-queue.ts'
import { buildMergePatch, changeValues, decodeInfo, decodeRecordOrEnding, escapeColumn, recordValues } from './rows.ts'
import { prepareStatements } from './statements.ts'
import { createTable } from './table.ts'

export type { SqliteDatabase, SqliteStatement } from './connection.ts'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * The table's name: letters, digits and `_`, 63 characters at most.
   *
   * @default 'sojourn_sessions'
   */
  table?: string | undefined
}

/**
 * Stores sessions in an SQLite file. It needs no server, and several processes of one machine may share the file. Takes
 * an open database of `node:sqlite` (Node 22.16 or newer), better-sqlite3, libsql or `bun:sqlite`. Creates its table
 * if it is missing.
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
export function sqliteStore(
  db: SqliteDatabase,
  { table = 'sojourn_sessions' }: SqliteStoreOptions = {},
): SessionStore & Required<Pick<SessionStore, 'sweep' | 'all'>> {
  if (!/^[A-Za-z_]\w{0,62}$/.test(table)) {
    throw new SojournError('ERR_OPTIONS', `table is ${JSON.stringify(table)}; use letters, digits and _.`)
  }
  checkClient(db)
  const { read, write } = createLockQueue()
  let prepared: Statements | null = null
  const statements = (): Statements => (prepared ??= withoutWaiting(db, (ownTimeout) => setUp(db, table, ownTimeout)))
  try {
    statements()
  } catch (error) {
    // The first call sets up the database, if another process has it locked now.
    if (!isLocked(error)) throw error
  }

  return {
    create: (record, until) => write(() => statements().insert(...recordValues(record)).length === 1, until),

    read: (id) =>
      read(() => {
        const [row] = statements().select(id)
        return row === undefined ? null : decodeRecordOrEnding(row)
      }),

    update: (id, { secretHash, version = null }, change, until) =>
      write(() => {
        const { renew, touch, change: changeData } = statements()
        const { version: nextVersion = null } = change
        const patch = buildMergePatch(change)
        const values = changeValues(change)
        const held = [id, escapeColumn(secretHash), version]
        const [row] =
          change.secretHash !== undefined
            ? renew(...values, nextVersion, patch === null ? 0 : 1, patch ?? '{}', ...held)
            : patch === null && nextVersion === null
              ? touch(...values, ...held)
              : changeData(...values, nextVersion, patch ?? '{}', ...held)
        return row === undefined ? null : Number(row['version'])
      }, until),

    end: (id, { ended, endedAt, expiresAt }, until) =>
      write(() => statements().putEnding(ended, endedAt, expiresAt, id).length === 1, until),

    list: (userId) => read(() => statements().selectOfUser(escapeColumn(userId)).map(decodeInfo)),

    async sweep(before) {
      const { length } = await write(() => statements().removeExpired(before))
      // SQLite is synchronous. Without this pause, a caller that sweeps in a loop would block all other requests.
      await new Promise(setImmediate)
      return length
    },

    all: () => readPages(read, statements),
  }
}

type Statements = ReturnType<typeof prepareStatements>

function setUp(db: SqliteDatabase, table: string, ownTimeout: number): Statements {
  const connection = createSqliteConnection(db, ownTimeout)
  createTable(connection, table)
  return prepareStatements(connection, table)
}

async function* readPages(read: LockQueue['read'], statements: () => Statements) {
  let after = ''
  for (;;) {
    const page = await read(() => statements().selectPage(after))
    for (const row of page) {
      const found = decodeRecordOrEnding(row)
      if (found !== null) yield [row['id'] as string, found] as const
    }
    const last = page.at(-1)
    if (last === undefined) return
    after = last['id'] as string
  }
}
