/** Sends one statement with values for `$1`, `$2` …, and resolves to its rows, or to an object with the property `rows`. */
export type PostgresQuery = (text: string, values?: any) => PromiseLike<unknown>

/** The method that the store calls on a driver's client. */
export type PostgresClient =
  | {
      /** The method of pg and PGlite. */
      query: PostgresQuery
    }
  | {
      /** The method of postgres.js and Bun's SQL. */
      unsafe: PostgresQuery
    }

/** A value of a statement. It is sent as a text, because all drivers send texts unchanged. `null` and `undefined` become NULL. */
export type Value = string | number | boolean | null | undefined

/**
 * Runs one statement whose first column is a JSON text. Resolves to that column's parsed value for each row. Rejects with
 * the driver's own error, without the statement's values.
 */
export type RunQuery = <Result>(text: string, values?: Value[]) => Promise<Result[]>

/**
 * Listens to the common channel and to the channel of the process `self`. Resolves to the function that stops it. Calls
 * `onLost`, perhaps more than once, when the connection is lost.
 */
export type Listen = (self: string, onMessage: (text: string) => void, onLost: () => void) => Promise<() => unknown>
