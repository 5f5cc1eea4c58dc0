import { SojournError } from '../../core/errors.ts'
import { escapeText } from '../shared/escape-text.ts'
import { withRedactedErrors } from '../shared/redact-error.ts'
import { createListen } from './listen.ts'
import { unescapeTexts } from './rows.ts'
import type { Listen, PostgresClient, RunQuery, Value } from './types.ts'

/**
 * Wraps a client that the application made, and closes itself. `listen` is `null` if the client cannot listen.
 *
 * @throws `ERR_STORE_CLIENT` if the client is not one of the drivers that the store supports
 */
export function fromClient(client: PostgresClient): { runOnce: RunQuery; listen: Listen | null; close: () => void } {
  return { runOnce: createRunQuery(client), listen: createListen(client), close() {} }
}

/** @throws `ERR_STORE_CLIENT` if the client is not one of the drivers that the store supports */
export function createRunQuery(client: PostgresClient): RunQuery {
  const query = findQuery(client)
  ignoreClientErrors(client)
  return async (text, values = []) =>
    readRows(await withRedactedErrors(() => query(text, values.map(toParameter)))).map(parseJsonColumn)
}

const expectedClient =
  "postgresStore takes a Pool of pg, postgres(…) of postgres.js, a PGlite, Bun's SQL, or a URL: postgres://…"

export const wrongClientError = (): SojournError => new SojournError('ERR_STORE_CLIENT', `${expectedClient}.`)

const toParameter = (value: Value): string | null => (value == null ? null : escapeText(String(value)))

function findQuery(client: unknown): (text: string, values: unknown[]) => PromiseLike<unknown> {
  for (const name of ['unsafe', 'query'] as const) {
    const query: unknown = Reflect.get(Object(client), name)
    if (typeof query === 'function') return (text, values) => query.call(client, text, values)
  }
  throw wrongClientError()
}

/** A Pool of pg emits 'error' if an idle connection breaks, and an 'error' event without a listener ends the process. */
function ignoreClientErrors(client: unknown): void {
  const { on, listenerCount } = Object(client)
  if (typeof on !== 'function' || typeof listenerCount !== 'function') return
  if (listenerCount.call(client, 'error') === 0) on.call(client, 'error', () => {})
}

function readRows(answer: unknown): unknown[] {
  const rows: unknown = Array.isArray(answer) ? answer : Reflect.get(Object(answer), 'rows')
  if (Array.isArray(rows)) return rows
  throw unreadableRowsError()
}

/** Parses the first column, and reverts the escapes of its texts. The column's name is not used, because drivers can be configured to rename columns. */
function parseJsonColumn(row: unknown): any {
  const [text] = Object.values(Object(row))
  if (typeof text !== 'string') throw unreadableRowsError()
  try {
    const value: unknown = JSON.parse(text)
    return text.includes(String.raw`\u001a`) ? unescapeTexts(value) : value
  } catch {
    // Do not pass on the error of JSON.parse, because its message quotes the row.
    throw unreadableRowsError()
  }
}

const unreadableRowsError = (): SojournError =>
  new SojournError('ERR_STORE_CLIENT', `${expectedClient}. This one does not return rows as objects.`)

/** Returns the SQLSTATE of an error (manual of Postgres, appendix A); `undefined` if the error is not from the server. */
export function sqlState(error: unknown): string | undefined {
  const { code, errno } = Object(error)
  // Bun's SQL has the SQLSTATE in `errno`, and a code of its own in `code`.
  return [errno, code].find((each) => /^[0-9A-Z]{5}$/.test(each))
}
