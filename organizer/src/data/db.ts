export type Value = string | number | null

/** The database of people and events. Statements use SQL that SQLite and Postgres share, with `?` for each value. */
export interface Db {
  /** Runs a query and resolves to its rows. @throws `DatabaseDown` */
  rows<Row>(sql: string, values?: readonly Value[]): Promise<Row[]>
  /** Runs a statement and resolves to the number of rows that it wrote. @throws `DatabaseDown` */
  run(sql: string, values?: readonly Value[]): Promise<number>
  close(): Promise<void>
}
