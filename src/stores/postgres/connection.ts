import { SojournError } from '../../core/errors.ts'
import { escapeText } from '../shared/escape-text.ts'
import { withRedactedErrors } from '../shared/redact-error.ts'
import { createListen } from './listen.ts'
import type { Listen, PostgresClient, RunQuery, Value } from './types.ts'

/** What a store asks of a client that is its owner's to close. @throws `ERR_STORE_CLIENT` for what is no such client */
export function fromClient(client: PostgresClient): { runOnce: RunQuery; listen: Listen | null; close: () => void } {
  return { runOnce: createRunQuery(client), listen: createListen(client), close() {} }
}

/** @throws `ERR_STORE_CLIENT` for what is no such client */
export function createRunQuery(client: PostgresClient): RunQuery {
  const query = findQuery(client)
  ignoreClientErrors(client)
  return async (text, values = []) =>
    readRows(await withRedactedErrors(() => query(text, values.map(toParameter)))).map(parseJsonColumn)
}

const expectedClient =
  "postgresStore takes a Pool of pg, postgres(…) of postgres.js, a PGlite, Bun's SQL, or a URL: postgres://…"

export const wrongClientError = (): SojournError =>
  new SojournError('ERR_STORE_CLIENT', `${expectedClient}. This is none.`)

const toParameter = (value: Value): string | null => (value == null ? null : escapeText(String(value)))

function findQuery(client: unknown): (text: string, values: unknown[]) => PromiseLike<unknown> {
  for (const name of ['unsafe', 'query'] as const) {
    const query: unknown = Reflect.get(Object(client), name)
    if (typeof query === 'function') return (text, values) => query.call(client, text, values)
  }
  throw wrongClientError()
}

/** A Pool of pg tells of a connection that broke while nobody used it, and a process ends where nobody listens. */
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

/** By its place, since drivers can be told to spell the names of columns another way. */
function parseJsonColumn(row: unknown): any {
  const [text] = Object.values(Object(row))
  if (typeof text !== 'string') throw unreadableRowsError()
  try {
    return JSON.parse(text)
  } catch {
    // Its message would quote what is in the row.
    throw unreadableRowsError()
  }
}

const unreadableRowsError = (): SojournError =>
  new SojournError('ERR_STORE_CLIENT', `${expectedClient}. This one does not answer with rows that are objects.`)

/** What Postgres calls an error (its manual, appendix A); `undefined` where another made it. */
export function sqlState(error: unknown): string | undefined {
  const { code, errno } = Object(error)
  // Bun has a code of its own, and that of Postgres as errno.
  return [errno, code].find((each) => /^[0-9A-Z]{5}$/.test(each))
}
