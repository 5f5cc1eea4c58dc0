import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SqliteDatabase } from '../../stores/sqlite/database.ts'
import { CommandError } from '../arguments.ts'
import { escapeHidden, quoteForUser } from '../terminal.ts'
import { checkTable, defaultTable, locationName, noTableError, openEmptyStore } from './location-parts.ts'
import { isWithoutWal, missingWalText } from './sqlite-file.ts'
import type { LocationOptions, StoreLocation } from './types.ts'

/** Returns the location of an SQLite file. @throws CommandError */
export function sqliteLocation(file: string, options: LocationOptions): StoreLocation {
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
        if (side !== 'to') throw new CommandError(1, `There is no file ${quoteForUser(file)}.`)
        if (dryRun) return openEmptyStore()
      } else if (statSync(file).isDirectory())
        throw new CommandError(1, `${quoteForUser(file)} is a folder. Name a file in it.`)
      // SQLite creates the journal when it opens the file.
      const doubt = isWithoutWal(file) ? missingWalText(file) : undefined
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
        if (!isThere && side !== 'to') throw noTableError(location, table, side, doubt)
        if (isThere)
          return { store: sqliteStore(dryRun ? readOnlyDatabase(db) : db, { table }), doubt, close: () => db.close() }
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
