import { encodeNotice } from '../shared/notice-text.ts'
import { createPubSubListener } from '../shared/pubsub-listener.ts'
import { createServerClock } from '../shared/server-clock.ts'
import type { SessionInfo, SessionStore } from '../store.ts'
import { fromClient, sqlState } from './connection.ts'
import { createNotifyBatch } from './notify-batch.ts'
import { createLazyPool } from './open.ts'
import { retryConflicts } from './retry-conflicts.ts'
import { arrayLiteral, rowText, unescapeTexts, updateValues, type RecordRow } from './rows.ts'
import { createStatements, wroteGuest, publishNoticesSql, publishSql, serverTimeSql } from './statements.ts'
import { createTable, defaultTable, explainError, quoteTableName } from './table.ts'
import type { PostgresClient, RunQuery } from './types.ts'
import { createWrite, type Write } from './write.ts'

export type { PostgresClient, PostgresQuery } from './types.ts'
export { postgresTable } from './table.ts'

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /**
   * The table's name: letters, digits and `_`, 50 characters at most. A schema and a dot may come first.
   *
   * @default 'sojourn_sessions'
   */
  table?: string | undefined
}

/** The store that {@link postgresStore} returns. */
export interface PostgresStore
  extends Omit<SessionStore, 'sweep' | 'all'>, Required<Pick<SessionStore, 'sweep' | 'all'>> {
  /**
   * Creates the table and its indexes if they are missing; several servers may do so at once. It needs no right to create
   * tables if all of them exist. It runs the SQL of {@link postgresTable}.
   */
  createTable(): Promise<void>
  /**
   * Closes the pool that the store opened for a URL; a client that you passed in stays open. Resolves after other servers
   * were notified of the sessions that ended here. Call it after the last request, and before you end your own pool.
   */
  close(): Promise<void>
}

/**
 * Stores sessions in Postgres, for any number of servers. Takes a Pool of pg, `postgres(…)` of postgres.js, a PGlite, or
 * Bun's SQL. It also takes a URL, and then opens a pool with pg or postgres.js, whichever is installed. PgBouncer works
 * in any mode.
 *
 * The database's encoding must be UTF8. Connect to the primary, because a replica returns data that is a moment old.
 *
 * The store does not create its table by itself: call `createTable()` once, or run the SQL of `postgresTable()`.
 *
 * Pass a pool, not a single connection. A single connection does not survive an outage, and the rollback of a transaction
 * on it would undo session writes. The store adds an `error` listener to a client that has none, because an idle
 * connection that breaks would otherwise end the process.
 *
 * @throws `ERR_STORE_CLIENT` if the client or URL is not one of these; `ERR_OPTIONS` if the table's name is not valid. The
 * methods reject with `ERR_STORE_CLIENT` if the table does not exist.
 */
export function postgresStore(
  client: PostgresClient | string,
  { table = defaultTable }: PostgresStoreOptions = {},
): PostgresStore {
  const sql = createStatements(quoteTableName(table))
  const { runOnce, listen, close } = typeof client === 'string' ? createLazyPool(client) : fromClient(client)
  const listener =
    listen && createPubSubListener({ publish: (self, text) => runOnce(publishSql, [self, text]), subscribe: listen })
  const notifications = createNotifyBatch(
    (texts) => runOnce(publishNoticesSql, [arrayLiteral(texts)]),
    () => listener?.reportLost(),
  )
  const clock = createServerClock(async () => (await runOnce<number>(`SELECT (${serverTimeSql})::text AS result`))[0]!)
  const run = retryConflicts(runOnce, table)
  const write = createWrite(run, clock)

  return {
    async create(record, until) {
      return (await write(sql.create, rowText(record), until)) !== null
    },

    async read(id) {
      const [row] = await run<RecordRow>(sql.read, [id])
      if (row === undefined) return null
      // An ending has no id. If the client mixed up its replies, it could sign out the wrong user.
      if (row[0] !== id) throw new TypeError('The Postgres client returned the result of another query.')
      return unescapeTexts(row[1])
    },

    async update(id, held, change, until) {
      const version = await write(sql.update, id, until, ...updateValues(held, change))
      const { secretHash } = change
      if (version !== null && secretHash !== undefined) {
        const isGuest = held.userId === null
        await notifications.add(encodeNotice({ id, isGuest, replacedHash: held.secretHash, secretHash }))
      }
      return version
    },

    async end(id, { ended, endedAt, expiresAt }, until) {
      const putEnding = write(sql.end, id, until, ended, endedAt, expiresAt)
      const wrote = await putEnding.catch((error) => removeIfDiskFull(error, () => write(sql.remove, id, until)))
      // Notify also if it had ended before: an earlier call may have been answered too late for its notice.
      if (wrote !== null) await notifications.add(encodeNotice({ id, isGuest: Math.abs(wrote) === wroteGuest, ended }))
      return wrote !== null && wrote > 0
    },

    async list(userId) {
      return (await run<SessionInfo>(sql.list, [userId])).map(unescapeTexts)
    },

    async sweep(before) {
      return (await run<number>(sql.sweep, [before]))[0]!
    },

    all: () => readPages(run, sql.page),

    ...(listener && { watch: listener.watch }),

    createTable: () => createTable(runOnce, table).catch((error) => Promise.reject(explainError(error, table))),

    async close() {
      listener?.close()
      await notifications.drain()
      await close()
    },
  }
}

const diskFull = '53100'

/** Removes the record if the disk has no room for its ending: the session must end in any case. */
async function removeIfDiskFull(error: unknown, remove: () => ReturnType<Write>): ReturnType<Write> {
  if (sqlState(error) !== diskFull) throw error
  return remove()
}

async function* readPages(run: RunQuery, pageSql: string) {
  let after = ''
  for (;;) {
    const page = await run<RecordRow>(pageSql, [after])
    for (const [id, entry] of page) yield [id, unescapeTexts(entry)] as const
    const last = page.at(-1)
    if (last === undefined) return
    after = last[0]
  }
}
