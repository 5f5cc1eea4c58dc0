import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { SojournError } from '../../core/errors.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { SqliteDatabase } from '../../stores/sqlite/connection.ts'
import type { SessionStore } from '../../stores/store.ts'
import { CommandError } from '../arguments.ts'
import { escapeHidden, quoteForUser } from '../terminal.ts'
import { resolveAddress, unknownLocationError } from './address.ts'

/** Where sessions are, as it is written for `move`. */
export interface StoreLocation {
  /** As it is shown: without a password. */
  readonly name: string
  /** The same for each spelling of one place. */
  readonly key: string
  /**
   * Opens the store there.
   *
   * @param side whether it is moved from there, or to there: then it is made where there is none
   * @param dryRun whether nothing is made or changed
   */
  open(side: LocationOptions['side'], dryRun: boolean): Promise<OpenedLocation>
}

export interface OpenedLocation {
  readonly store: SessionStore
  close(): unknown
}

/** What a place is called there, where it is not called as usual. */
export interface LocationOptions {
  /** Whose options these are, as in `--from-prefix`. */
  readonly side: 'from' | 'to'
  readonly prefix: string | undefined
  readonly table: string | undefined
}

/** @throws CommandError for what names no place; what it says holds no password */
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
    throw new CommandError(2, `sqlite: takes a file, and no host. Did you mean sqlite:${escapeHidden(file.slice(2))}?`)
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
      try {
        const tables = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE")
        // The store would make it, in a file that may be somebody else's.
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

/** A database in which nothing is made, and whose journal stays what it is. */
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
    throw new CommandError(2, `Redis has no tables: for ${location}, --${side}-prefix says what each key begins with.`)
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
    await store.read('nobody')
    return true
  } catch (error) {
    if (error instanceof SojournError && error.code === 'ERR_STORE_CLIENT' && /has no table/.test(error.message))
      return false
    throw error
  }
}

function checkTable(location: string, { side, prefix, table = defaultTable }: LocationOptions, names: RegExp): string {
  if (prefix !== undefined)
    throw new CommandError(
      2,
      `Only Redis has prefixes: for ${location}, --${side}-table says what its table is called.`,
    )
  if (names.test(table)) return table
  throw new CommandError(2, `--${side}-table takes letters, digits and _, and not ${quoteForUser(table)}.`)
}

const noTableError = (location: string, table: string): CommandError =>
  new CommandError(1, `${location} has no table ${table}. Where it has another name: --from-table NAME`)

const locationName = (location: string, what: string, given: string, usual: string): string =>
  given === usual ? location : `${location} (${what} ${given})`

/** What is not there yet holds nothing. */
const openEmptyStore = (): OpenedLocation => ({ store: memoryStore(), close() {} })

const serverUrl = ({ protocol, hostname, port }: URL, usual: string, path: string): string =>
  `${protocol}//${hostname}:${port || usual}${path}`
