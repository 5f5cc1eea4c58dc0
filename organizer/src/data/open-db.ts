import { join } from 'node:path'
import type { Config } from '../server/config.ts'
import type { Db } from './db.ts'
import { opening } from '../server/open-data-file.ts'
import { openPostgresDb } from './postgres.ts'
import { openSqliteDb } from './sqlite.ts'

/**
 * Opens the database and brings it up to date: Postgres where there is a `DATABASE_URL`, or else a file in the data folder.
 *
 * @throws `ConfigError` where it cannot be had
 */
export function openDb({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<Db> {
  if (databaseUrl !== null) return openPostgresDb(databaseUrl)
  const file = join(dataDir, 'organizer.db')
  return opening(file, () => openSqliteDb(file))
}
