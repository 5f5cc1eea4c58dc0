import { SojournError } from '../../core/errors.ts'
import { cutoffColumnsSql, sessionColumnsSql } from '../sqlite/table.ts'

export const defaultTable = 'sojourn_sessions'

/** @throws `ERR_OPTIONS` if the table's name is not valid */
export function checkTableName(table: string): void {
  if (!/^[A-Za-z_]\w{0,49}$/.test(table))
    throw new SojournError('ERR_OPTIONS', `table is ${JSON.stringify(table)}; use letters, digits and _.`)
}

/** Returns the SQL that creates the tables and indexes of a store, a statement each. */
export function tableStatements(table: string): string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (${sessionColumnsSql}) STRICT`,
    `CREATE TABLE IF NOT EXISTS ${table}_cutoffs (${cutoffColumnsSql}) STRICT, WITHOUT ROWID`,
    `CREATE INDEX IF NOT EXISTS ${table}_of_user ON ${table} (user_id) WHERE ended IS NULL AND user_id IS NOT NULL`,
    `CREATE INDEX IF NOT EXISTS ${table}_by_expiry ON ${table} (expires_at)`,
    `CREATE INDEX IF NOT EXISTS ${table}_cutoffs_by_expiry ON ${table}_cutoffs (cutoff_expires_at)`,
  ]
}

/**
 * Returns the SQL that creates the tables of {@link d1Store} and their indexes, for `wrangler d1 execute` or a migration. Each
 * statement does nothing if its object exists.
 *
 * @param table the table's name, as in the options of `d1Store`; by default `sojourn_sessions`
 * @throws `ERR_OPTIONS` if the table's name is not valid
 */
export function d1Table(table = defaultTable): string {
  checkTableName(table)
  return tableStatements(table)
    .map((sql) => `${sql};\n`)
    .join('')
}
