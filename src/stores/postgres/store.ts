import { encodeNotice } from '../shared/notice-text.ts'
import { createPubSubListener } from '../shared/pubsub-listener.ts'
import { serverName } from '../shared/server-name.ts'
import { createServerClock } from '../shared/server-clock.ts'
import type { CreateResult, Cutoff, EndAllResult, Ending, SessionInfo, SessionStore } from '../store.ts'
import { fromClient, sqlState } from './connection.ts'
import { createNotifyBatch, encodeEnded } from './notify-batch.ts'
import { createLazyPool } from './open.ts'
import { retryConflicts } from './retry-conflicts.ts'
import { arrayLiteral, recordText, updateValues, type RecordRow } from './rows.ts'
import { serverTimeSql } from './sql-parts.ts'
import { createStatements, publishNoticesSql, publishSql } from './statements.ts'
import { createTable, defaultTable, explainError, schemaNames } from './table.ts'
import type { PostgresClient, RunQuery, Value } from './types.ts'
import { createWrite } from './write.ts'

export type { PostgresClient, PostgresQuery } from './types.ts'
export { postgresTable } from './table.ts'

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /**
   * The table's name: letters, digits and `_`, 50 characters at most. A schema and a dot may come first. A second table and
   * the functions have this name with a suffix.
   *
   * @default 'sojourn_sessions'
   */
  table?: string | undefined
}

/** The store that {@link postgresStore} returns. */
export interface PostgresStore
  extends
    Omit<SessionStore, 'sweep' | 'all' | 'putCutoff'>,
    Required<Pick<SessionStore, 'sweep' | 'all' | 'putCutoff'>> {
  /**
   * Creates the tables, their indexes and the functions that are missing; several servers may do so at once. It needs no right
   * to create any if all of them exist. It runs the SQL of {@link postgresTable}.
   * Rejects with `ERR_STORE_CLIENT` if the server is older than Postgres 11.
   */
  createTable(): Promise<void>
  /**
   * Closes the pool that the store opened for a URL; a client that you passed in stays open. Resolves after other servers
   * were notified of the sessions that ended here. Call it after the last request, and before you end your own pool.
   */
  close(): Promise<void>
}

// One closure, because its methods share the connection and the estimate of the server's clock.
/**
 * Stores sessions in Postgres (11 or newer), for any number of servers. Takes a Pool of pg, `postgres(…)` of postgres.js, a PGlite, or
 * Bun's SQL. It also takes a URL, and then opens a pool with pg or postgres.js, whichever is installed; on Bun, with its own if
 * none is. PgBouncer works in any mode.
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
  const sql = createStatements(schemaNames(table))
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

  /** When a request was opened, by the server's clock. Not later than that, because the clock's estimate is never ahead. */
  const toServerTime = async (openedAt: number | undefined): Promise<number | null> =>
    openedAt === undefined ? null : (await clock.toServerTime(Date.now())) - (performance.now() - openedAt)

  async function notifyEnded(ids: readonly string[], ended: Ending['ended']): Promise<void> {
    for (const text of encodeEnded(ids, ended)) await notifications.add(text)
  }

  return {
    name: serverName('Postgres', client, 5432),

    async create(record, { openedAt, beganAt, limit } = {}, until) {
      const ending = limit?.ending
      const limitValues = [limit?.max, ending?.ended, ending?.endedAt, ending?.expiresAt]
      const conditions = [await toServerTime(openedAt), beganAt, ...limitValues]
      const toValues = (deadline: Value) => [recordText(record), arrayLiteral([deadline, ...conditions])]
      const result = (await write<CreateResult>(sql.create, until, toValues))!
      if (result.ended.length > 0) await notifyEnded(result.ended, ending!.ended)
      return result
    },

    async read({ id, userId }) {
      const [row = null] = await run<RecordRow | null>(sql.read, [id, userId])
      if (row === null) return null
      // An ending has no id. If the client mixed up its replies, it could sign out the wrong user.
      if (row[0] !== id) throw wrongReplyError()
      return row[2]
    },

    async update(key, held, change, until) {
      const { id, userId } = key
      const version = await write(sql.update, until, (deadline) => updateValues(key, held, change, deadline))
      const { secretHash } = change
      if (version !== null && secretHash !== undefined) {
        const isGuest = userId === null
        await notifications.add(encodeNotice({ id, isGuest, replacedHash: held.secretHash, secretHash }))
      }
      return version
    },

    async end({ id, userId }, { ended, endedAt, expiresAt }, until) {
      const putEnding = write(sql.end, until, (deadline) => [
        arrayLiteral([id, deadline, userId, ended, endedAt, expiresAt]),
      ])
      const wrote = await putEnding.catch((error) => {
        if (!isDiskFull(error)) throw error
        // The session must end in any case.
        return write(sql.remove, until, (deadline) => [id, deadline, userId])
      })
      // Notify also if it had ended before: an earlier call may have been answered too late for its notice.
      if (wrote !== null) await notifications.add(encodeNotice({ id, isGuest: userId === null, ended }))
      return wrote === 1
    },

    async endAll(userId, { ended, endedAt, expiresAt }, except = null, until) {
      const spared = [except?.id, await toServerTime(except?.openedAt)]
      type Wrote = Pick<EndAllResult, 'isDone' | 'ended'>
      const putEndings = write<Wrote>(sql.endAll, until, (deadline) => [
        arrayLiteral([userId, deadline, ...spared, ended, endedAt, expiresAt]),
      ])
      const wrote = await putEndings.catch(async (error) => {
        if (!isDiskFull(error)) throw error
        const remove = write<string[]>(sql.removeAll, until, (deadline) => [userId, deadline, ...spared])
        await notifyEnded((await remove) ?? [], ended)
        throw error
      })
      await notifyEnded(wrote!.ended, ended)
      return { ...wrote!, isConfirmed: true }
    },

    async list(userId) {
      const infos = await run<SessionInfo>(sql.list, [userId])
      if (infos.some((info) => info.userId !== userId)) throw wrongReplyError()
      return infos
    },

    async sweep(before) {
      return (await run<number>(sql.sweep, [before]))[0]!
    },

    async *all() {
      for await (const [id, userId, found] of readPages<RecordRow>(run, sql.page)) yield { key: { id, userId }, found }
      for await (const [, userId, cutoff] of readPages<CutoffRow>(run, sql.cutoffPage)) yield { userId, cutoff }
    },

    async putCutoff(userId, { at, spared, expiresAt }) {
      await run(sql.putCutoff, [userId, at, spared, expiresAt])
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

const isDiskFull = (error: unknown): boolean => sqlState(error) === '53100'

const wrongReplyError = (): TypeError => new TypeError('The Postgres client returned the result of another query.')

type CutoffRow = readonly [key: string, userId: string, cutoff: Cutoff]

/** Reads rows whose first value orders them. */
async function* readPages<PageRow extends readonly [string, ...unknown[]]>(run: RunQuery, pageSql: string) {
  let after = ''
  for (;;) {
    const page = await run<PageRow>(pageSql, [after])
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = last[0]
  }
}
