import { createPubSubListener } from '../shared/pubsub-listener.ts'
import { createServerClock } from '../shared/server-clock.ts'
import { TooLate, type Ending, type SessionInfo, type SessionRecord, type SessionStore } from '../store.ts'
import { fromClient, sqlState } from './connection.ts'
import { createNotifyBatch } from './notify-batch.ts'
import { createLazyPool } from './open.ts'
import { arrayLiteral, jsonText, rowText, unescapeTexts } from './rows.ts'
import {
  createStatements,
  publishEndedSql,
  publishSql,
  serverTimeSql,
  tooLateMarker,
  type WriteReply,
} from './statements.ts'
import { createTable, defaultTable, explainError, quoteTableName } from './table.ts'
import type { PostgresClient, RunQuery, Value } from './types.ts'

export type { PostgresClient, PostgresQuery } from './types.ts'
export { postgresTable } from './table.ts'

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /**
   * The table's name: letters, digits and `_`, after a schema and a dot if need be.
   *
   * @default 'sojourn_sessions'
   */
  table?: string | undefined
}

/** What {@link postgresStore} gives. */
export interface PostgresStore
  extends Omit<SessionStore, 'sweep' | 'all'>, Required<Pick<SessionStore, 'sweep' | 'all'>> {
  /**
   * Makes the table and its indexes where they are missing; several servers may do so at once. Asks for no right where all
   * is there. The same as the SQL of {@link postgresTable}.
   */
  createTable(): Promise<void>
  /**
   * Closes the pool that the store opened on a URL, and does nothing to a client that it was given. Resolves when others are
   * told of what has ended here. Call it after the last request, and before you end a pool of yours.
   */
  close(): Promise<void>
}

/**
 * Keeps sessions in Postgres, for any number of servers. Takes a Pool of pg, `postgres(…)` of postgres.js, a PGlite, Bun's
 * SQL, or a URL, for which it opens a pool with pg or postgres.js, whichever is installed. PgBouncer may be in between,
 * in any mode. The database has to be in UTF8, and its primary, since a replica answers with what was true a moment ago.
 *
 * It does not make its table by itself: call `createTable()` once, or run the SQL of `postgresTable()`.
 *
 * Give it a pool, not one connection: that is gone with the first outage, and inside a transaction nothing it answers would
 * hold. So that an outage does not end the process, a client that nobody listens to for errors is listened to.
 *
 * @throws `ERR_STORE_CLIENT` for what is no such client or URL; `ERR_OPTIONS` for a table's name that cannot be one. Its
 * methods reject with `ERR_STORE_CLIENT` where there is no such table.
 */
export function postgresStore(
  client: PostgresClient | string,
  { table = defaultTable }: PostgresStoreOptions = {},
): PostgresStore {
  const sql = createStatements(quoteTableName(table))
  const { runOnce, listen, close } = typeof client === 'string' ? createLazyPool(client) : fromClient(client)
  const listener =
    listen && createPubSubListener({ publish: (self, text) => runOnce(publishSql, [self, text]), subscribe: listen })
  const notifications = createNotifyBatch((ids) => runOnce(publishEndedSql, [arrayLiteral(ids)]))
  const clock = createServerClock(async () => (await runOnce<number>(`SELECT (${serverTimeSql})::text AS told`))[0]!)

  const runWithRetry: RunQuery = async <Told>(text: string, values?: Value[]) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await runOnce<Told>(text, values)
      } catch (error) {
        // Where transactions are stricter than READ COMMITTED, a row that was changed meanwhile is not looked at again.
        if (attempt === 20 || sqlState(error) !== serializationFailure) throw explainError(error, table)
      }
    }
  }

  /** Carries a write out before an instant, `$2` of its statement, or not at all. */
  async function write(
    text: string,
    firstValue: Value,
    until: number | undefined,
    ...rest: Value[]
  ): Promise<number | null> {
    const deadline = until === undefined ? null : await clock.toServerTime(until)
    try {
      const [{ wrote, now }] = (await runWithRetry<WriteReply>(text, [firstValue, deadline, ...rest])) as [WriteReply]
      clock.observe(now)
      if (wrote !== null || deadline === null || now < deadline) return wrote
    } catch (error) {
      if (!String(error).includes(tooLateMarker)) throw error
    }
    throw new TooLate('Postgres got to this write when its time was over, and left it.')
  }

  return {
    async create(record, until) {
      return (await write(sql.create, rowText(record), until)) !== null
    },

    async read(id) {
      const [row] = await runWithRetry<RecordRow>(sql.read, [id])
      if (row === undefined) return null
      // An ending does not say whose it is, and a client that mixes up its answers must have nobody pass for signed out.
      if (row[0] !== id) throw new TypeError('The client of Postgres gave the answer to another question.')
      return unescapeTexts(row[1])
    },

    async update(id, held, { set, unset, label, remember, ...change }, until) {
      const isChange = unset.length > 0 || Object.keys(set).length > 0
      const values = [
        held.secretHash,
        held.version,
        change.lastSeenAt,
        change.expiresAt,
        change.secretHash,
        change.signedInAt,
        remember,
        label !== undefined,
        label,
        isChange ? 1 : 0,
        arrayLiteral(unset),
        jsonText(set),
        change.version,
      ]
      const version = await write(sql.update, id, until, ...values)
      if (version !== null && change.secretHash !== undefined) await notifications.add(id)
      return version
    },

    async end(id, { ended, endedAt, expiresAt }, until) {
      let wrote: number | null
      try {
        wrote = await write(sql.end, id, until, ended, endedAt, expiresAt)
      } catch (error) {
        if (sqlState(error) !== diskFull) throw error
        wrote = await write(sql.remove, id, until)
      }
      if (wrote !== null) await notifications.add(id)
      return wrote !== null
    },

    async list(userId) {
      return (await runWithRetry<SessionInfo>(sql.list, [userId])).map(unescapeTexts)
    },

    async sweep(before) {
      return (await runWithRetry<number>(sql.sweep, [before]))[0]!
    },

    async *all() {
      let after = ''
      for (;;) {
        const page = await runWithRetry<RecordRow>(sql.page, [after])
        for (const [id, entry] of page) yield [id, unescapeTexts(entry)] as const
        const last = page.at(-1)
        if (last === undefined) return
        after = last[0]
      }
    },

    ...(listener && { watch: listener.watch }),

    createTable: () => createTable(runOnce, table).catch((error) => Promise.reject(explainError(error, table))),

    async close() {
      listener?.close()
      await notifications.drain()
      await close()
    },
  }
}

const serializationFailure = '40001'
const diskFull = '53100'

type RecordRow = [id: string, SessionRecord | Ending]
