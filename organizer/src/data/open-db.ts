import { join } from 'node:path'
import type { Config } from '../server/config.ts'
import { openDataFile } from '../server/open-data-file.ts'
import type { Db } from './db.ts'
import { openPostgresDb } from './postgres.ts'
import { openSqliteDb } from './sqlite.ts'

/**
 * Opens the database and applies its migrations: Postgres if `DATABASE_URL` is set, else a file in the data folder.
 *
 * @throws `ConfigError` if it cannot be opened
 */
export function openDb({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<Db> {
  if (databaseUrl !== null) return openPostgresDb(databaseUrl)
  const file = join(dataDir, 'organizer.db')
  return openDataFile(file, () => openSqliteDb(file))
}
