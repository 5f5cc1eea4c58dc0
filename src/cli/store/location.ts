import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { SojournError } from '../../core/errors.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { SqliteDatabase } from '../../stores/sqlite/connection.ts'
import type { SessionStore } from '../../stores/store.ts'
import { CommandError } from '../arguments.ts'
import { escapeHidden, quoteForUser } from '../terminal.ts'
import { resolveAddress, unknownLocationError } from './address.ts'

/** A store that an argument of `move` names. */
export interface StoreLocation {
  /** For messages, without the password. */
  readonly name: string
  /** Equal for all spellings of the same store. */
  readonly key: string
  /**
   * Opens the store there.
   *
   * @param side `to` creates the store if it does not exist
   * @param dryRun whether nothing must be created or changed
   */
  open(side: LocationOptions['side'], dryRun: boolean): Promise<OpenedLocation>
}

export interface OpenedLocation {
  readonly store: SessionStore
  close(): unknown
}

/** The options that name the sessions' place within a store. */
export interface LocationOptions {
  /** The side that they belong to, as in `--from-prefix`. */
  readonly side: 'from' | 'to'
  readonly prefix: string | undefined
  readonly table: string | undefined
}

/** Parses an argument of `move`. @throws CommandError if it names no store; the message contains no password */
export function parseLocation(written: string, options: LocationOptions): StoreLocation {
  const text = resolveAddress(written)
  const url = URL.canParse(text) ? new URL(text) : null
  if (text.startsWith('sqlite:'))
    return sqliteLocation(text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, ''), options)
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return redisLocation(text, url, options)
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return postgresLocation(text, url, options)
  throw unknownLocationError(text)
}

const defaultTable = 'sojourn_sessions'
const defaultPrefix = 'sojourn:'

function sqliteLocation(file: string, options: LocationOptions): StoreLocation {
  if (file === '') throw new CommandError(2, 'sqlite: needs a file, such as sqlite:sessions.db.')
  if (file.startsWith('//'))
    throw new CommandError(2, `sqlite: takes a file, not a host. Did you mean sqlite:${escapeHidden(file.slice(2))}?`)
  const location = `sqlite:${file}`
  const table = checkTable(location, options, /^[A-Za-z_]\w{0,62}$/)
  const name = locationName(location, 'table', table, defaultTable)
  return {
    name,
    key: `sqlite:${resolve(file)} ${table.toLowerCase()}`,
    async open(side, dryRun) {
      if (!existsSync(file)) {
        if (side === 'from') throw new CommandError(1, `There is no file ${quoteForUser(file)}.`)
        if (dryRun) return openEmptyStore()
      } else if (statSync(file).isDirectory())
        throw new CommandError(1, `${quoteForUser(file)} is a folder. Name a file in it.`)
      const [{ openSqlite }, { sqliteStore }] = await Promise.all([
        import('../../stores/sqlite/open.ts'),
        import('../../stores/sqlite/store.ts'),
      ])
      const db = await openSqlite(file)
      // A process that closes the file as the last one locks it for a moment. This command has nothing else to do meanwhile.
      db.exec('PRAGMA busy_timeout = 5000')
      try {
        const tables = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE")
        // sqliteStore would create the table, in a file that may belong to another program.
        const isThere = (side === 'to' && !dryRun) || tables.all(table).length > 0
        if (!isThere && side === 'from') throw noTableError(location, table)
        if (isThere)
          return { store: sqliteStore(dryRun ? readOnlyDatabase(db) : db, { table }), close: () => db.close() }
      } catch (error) {
        db.close()
        throw error
      }
      db.close()
      return openEmptyStore()
    },
  }
}

/** Wraps a database so that no table is created and its journal mode does not change. */
function readOnlyDatabase(db: SqliteDatabase): SqliteDatabase {
  db.exec('PRAGMA query_only = ON')
  return {
    exec: (sql) => sql.startsWith('CREATE ') || db.exec(sql),
    prepare: (sql) => (sql === 'PRAGMA journal_mode' ? { all: () => [{ journal_mode: 'wal' }] } : db.prepare(sql)),
  }
}

function redisLocation(
  text: string,
  url: URL,
  { side, prefix = defaultPrefix, table }: LocationOptions,
): StoreLocation {
  const location = serverUrl(url, '6379', url.pathname.replace(/^\/0?$/, ''))
  if (table !== undefined)
    throw new CommandError(2, `Redis has no tables. For ${location}, use --${side}-prefix to set the prefix of keys.`)
  return {
    name: locationName(location, 'prefix', prefix, defaultPrefix),
    key: `${location.replace('rediss:', 'redis:')} ${prefix}`,
    async open() {
      const { redisStore } = await import('../../stores/redis/store.ts')
      const store = redisStore(text, { prefix })
      return { store, close: () => store.close() }
    },
  }
}

function postgresLocation(text: string, url: URL, options: LocationOptions): StoreLocation {
  const location = serverUrl(url, '5432', url.pathname).replace(/^postgresql:/, 'postgres:')
  const table = checkTable(location, options, /^([A-Za-z_]\w{0,62}\.)?[A-Za-z_]\w{0,49}$/)
  return {
    name: locationName(location, 'table', table, defaultTable),
    key: `${location} ${table}`,
    async open(side, dryRun) {
      const { postgresStore } = await import('../../stores/postgres/store.ts')
      const store = postgresStore(text, { table })
      try {
        if (side === 'to' && !dryRun) await store.createTable()
        const isThere = await hasTable(store)
        if (!isThere && side === 'from') throw noTableError(location, table)
        if (isThere) return { store, close: () => store.close() }
      } catch (error) {
        await store.close()
        throw error
      }
      await store.close()
      return openEmptyStore()
    },
  }
}

async function hasTable(store: SessionStore): Promise<boolean> {
  try {
    await store.read({ id: 'nobody', userId: null })
    return true
  } catch (error) {
    if (error instanceof SojournError && error.code === 'ERR_STORE_CLIENT' && /has no table/.test(error.message))
      return false
    throw error
  }
}

function checkTable(location: string, { side, prefix, table = defaultTable }: LocationOptions, names: RegExp): string {
  if (prefix !== undefined)
    throw new CommandError(2, `Only Redis has prefixes. For ${location}, use --${side}-table to name the table.`)
  if (names.test(table)) return table
  throw new CommandError(2, `--${side}-table may contain letters, digits and _ only, unlike ${quoteForUser(table)}.`)
}

const noTableError = (location: string, table: string): CommandError =>
  new CommandError(1, `${location} has no table ${table}. If it has another name: --from-table NAME`)

const locationName = (location: string, what: string, given: string, usual: string): string =>
  given === usual ? location : `${location} (${what} ${given})`

/** Opens an empty store instead of one that does not exist yet. */
const openEmptyStore = (): OpenedLocation => ({ store: memoryStore(), close() {} })

const serverUrl = ({ protocol, hostname, port }: URL, usual: string, path: string): string =>
  `${protocol}//${hostname}:${port || usual}${path}`
