export type Value = string | number | null

/** Where people and events are kept. Takes the SQL that SQLite and Postgres have in common, with `?` for each value. */
export interface Db {
  /** Resolves to the rows that a statement gives. @throws `DatabaseDown` */
  rows<Row>(sql: string, values?: readonly Value[]): Promise<Row[]>
  /** Carries a statement out, and resolves to how many rows it wrote. @throws `DatabaseDown` */
  run(sql: string, values?: readonly Value[]): Promise<number>
  close(): Promise<void>
}
