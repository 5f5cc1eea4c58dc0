import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { SojournError } from '../../core/errors.ts'
import type { SessionStore } from '../../stores/store.ts'
import type { SqliteDatabase } from '../../stores/sqlite/connection.ts'
import { memoryStore } from '../../stores/memory.ts'
import { CommandError } from '../arguments.ts'
import { addressIn, noPlace } from './address.ts'
import { quoted, visible } from '../terminal.ts'

/** Where sessions are, as it is written for `move`. */
export interface Place {
  /** As it is shown: without a password. */
  readonly name: string
  /** The same for each spelling of one place. */
  readonly key: string
  /**
   * Opens the store there.
   *
   * @param side whether it is moved from there, or to there: then it is made where there is none
   * @param looks whether nothing is made or changed
   */
  open(side: Called['side'], looks: boolean): Promise<OpenedPlace>
}

export interface OpenedPlace {
  readonly store: SessionStore
  close(): unknown
}

/** What a place is called there, where it is not called as usual. */
export interface Called {
  /** Whose options these are, as in `--from-prefix`. */
  readonly side: 'from' | 'to'
  readonly prefix: string | undefined
  readonly table: string | undefined
}

/** @throws CommandError for what names no place; what it says holds no password */
export function placeOf(written: string, called: Called): Place {
  const text = addressIn(written)
  const url = URL.canParse(text) ? new URL(text) : null
  if (text.startsWith('sqlite:')) return sqlite(text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, ''), called)
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return redis(text, url, called)
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return postgres(text, url, called)
  throw noPlace(text)
}

const defaultTable = 'sojourn_sessions'
const defaultPrefix = 'sojourn:'

function sqlite(file: string, called: Called): Place {
  if (file === '') throw new CommandError(2, 'sqlite: needs a file, such as sqlite:sessions.db.')
  if (file.startsWith('//'))
    throw new CommandError(2, `sqlite: takes a file, and no host. Did you mean sqlite:${visible(file.slice(2))}?`)
  const place = `sqlite:${file}`
  const table = tableOf(place, called, /^[A-Za-z_]\w{0,62}$/)
  const name = named(place, 'table', table, defaultTable)
  return {
    name,
    key: `sqlite:${resolve(file)} ${table.toLowerCase()}`,
    async open(side, looks) {
      if (!existsSync(file)) {
        if (side === 'from') throw new CommandError(1, `There is no file ${quoted(file)}.`)
        if (looks) return nothing()
      } else if (statSync(file).isDirectory())
        throw new CommandError(1, `${quoted(file)} is a folder. Name a file in it.`)
      const [{ openSqlite }, { sqliteStore }] = await Promise.all([
        import('../../stores/sqlite/open.ts'),
        import('../../stores/sqlite/store.ts'),
      ])
      const db = await openSqlite(file)
      try {
        const tables = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE")
        // The store would make it, in a file that may be somebody else's.
        const isThere = (side === 'to' && !looks) || tables.all(table).length > 0
        if (!isThere && side === 'from') throw without(place, table)
        if (isThere) return { store: sqliteStore(looks ? asItIs(db) : db, { table }), close: () => db.close() }
      } catch (error) {
        db.close()
        throw error
      }
      db.close()
      return nothing()
    },
  }
}

/** A database in which nothing is made, and whose journal stays what it is. */
function asItIs(db: SqliteDatabase): SqliteDatabase {
  db.exec('PRAGMA query_only = ON')
  return {
    exec: (sql) => sql.startsWith('CREATE ') || db.exec(sql),
    prepare: (sql) => (sql === 'PRAGMA journal_mode' ? { all: () => [{ journal_mode: 'wal' }] } : db.prepare(sql)),
  }
}

function redis(text: string, url: URL, { side, prefix = defaultPrefix, table }: Called): Place {
  const place = nameOf(url, '6379', url.pathname.replace(/^\/0?$/, ''))
  if (table !== undefined)
    throw new CommandError(2, `Redis has no tables: for ${place}, --${side}-prefix says what each key begins with.`)
  return {
    name: named(place, 'prefix', prefix, defaultPrefix),
    key: `${place.replace('rediss:', 'redis:')} ${prefix}`,
    async open() {
      const { redisStore } = await import('../../stores/redis/store.ts')
      const store = redisStore(text, { prefix })
      return { store, close: () => store.close() }
    },
  }
}

function postgres(text: string, url: URL, called: Called): Place {
  const place = nameOf(url, '5432', url.pathname).replace(/^postgresql:/, 'postgres:')
  const table = tableOf(place, called, /^([A-Za-z_]\w{0,62}\.)?[A-Za-z_]\w{0,49}$/)
  return {
    name: named(place, 'table', table, defaultTable),
    key: `${place} ${table}`,
    async open(side, looks) {
      const { postgresStore } = await import('../../stores/postgres/store.ts')
      const store = postgresStore(text, { table })
      try {
        if (side === 'to' && !looks) await store.createTable()
        const isThere = await hasTable(store)
        if (!isThere && side === 'from') throw without(place, table)
        if (isThere) return { store, close: () => store.close() }
      } catch (error) {
        await store.close()
        throw error
      }
      await store.close()
      return nothing()
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

function tableOf(place: string, { side, prefix, table = defaultTable }: Called, names: RegExp): string {
  if (prefix !== undefined)
    throw new CommandError(2, `Only Redis has prefixes: for ${place}, --${side}-table says what its table is called.`)
  if (names.test(table)) return table
  throw new CommandError(2, `--${side}-table takes letters, digits and _, and not ${quoted(table)}.`)
}

const without = (place: string, table: string): CommandError =>
  new CommandError(1, `${place} has no table ${table}. Where it has another name: --from-table NAME`)

const named = (place: string, what: string, given: string, usual: string): string =>
  given === usual ? place : `${place} (${what} ${given})`

/** What is not there yet holds nothing. */
const nothing = (): OpenedPlace => ({ store: memoryStore(), close() {} })

const nameOf = ({ protocol, hostname, port }: URL, usual: string, path: string): string =>
  `${protocol}//${hostname}:${port || usual}${path}`
