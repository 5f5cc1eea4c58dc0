/** The quoted names of what the store has in the database. */
export interface SchemaNames {
  readonly sessions: string
  readonly users: string
  readonly read: string
  readonly create: string
  readonly update: string
  readonly end: string
  readonly endAll: string
}

/**
 * Declares a variable for each value of a function's argument `vals`, with its type. Most values are in one array, because
 * Postgres takes 2 µs to analyse a parameter of a statement, and less than half of that to read a value of an array.
 */
export const declareValuesSql = (types: Readonly<Record<string, string>>): string =>
  Object.entries(types)
    .map(([name, type], at) => `${name} ${type} := vals[${at + 1}]${type === 'text' ? '' : `::${type}`};`)
    .join('\n  ')

/** Occurs in the error of a write that was undone because it had waited for a lock until its deadline passed. */
export const tooLateMarker = 'sojourn: too late'

export const exactServerTimeSql = 'extract(epoch FROM clock_timestamp()) * 1000'

export const serverTimeSql = `floor(${exactServerTimeSql})`

/** Sets the columns of an ending. */
export const setEndingSql =
  'ended = ending, ended_at = ending_at, expires_at = ending_expires_at, secret_hash = NULL, label = NULL, methods = NULL, data = NULL'

/** The key of a user's row: a hash, because a b-tree rejects values longer than 2,704 bytes. */
export const userKeySql = (userId: string): string => `sha256(convert_to(${userId}, 'UTF8'))`

export const replySql = (wrote: string): string => `json_build_object('wrote', ${wrote}, 'now', ${serverTimeSql})`

/** Does nothing if the write reached the server after its deadline. */
export const skipIfTooLateSql = `IF ${serverTimeSql} >= deadline THEN
    RETURN ${replySql('NULL')};
  END IF;`

/** Undoes a write that waited for a lock until its deadline had passed. */
export const undoIfTooLateSql = `IF ${serverTimeSql} >= deadline THEN
    RAISE EXCEPTION '${tooLateMarker}';
  END IF;`
