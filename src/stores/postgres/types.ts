/** Sends one statement with values for `$1`, `$2` …, and resolves to its rows, or to an object that has them as `rows`. */

export type PostgresQuery = (text: string, values?: any) => PromiseLike<unknown>

/** What is called of a driver, one of two. */
export type PostgresClient =
  | {
      /** As pg and PGlite have it. */
      query: PostgresQuery
    }
  | {
      /** As postgres.js and Bun's SQL have it. */
      unsafe: PostgresQuery
    }

/** A value of a statement. It goes as a text, which every driver sends as it is; `undefined` as NULL. */
export type Value = string | number | boolean | null | undefined

/**
 * Runs one statement. Of each row its first column is given: a text of JSON, parsed. Rejects with the driver's own error,
 * without the statement's values.
 */
export type RunQuery = <Told>(text: string, values?: Value[]) => Promise<Told[]>

/** Listens, by a name too, on a connection of its own; resolves to what closes it. Calls `lost`, perhaps more than once, when it is gone. */
export type Listen = (self: string, onMessage: (text: string) => void, onLost: () => void) => Promise<() => unknown>
