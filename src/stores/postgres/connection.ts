import { SojournError } from '../../core/errors.ts'
import { barely } from '../shared/redact-error.ts'
import { spelled } from '../shared/escape-text.ts'
import { listenBy } from './listen.ts'
import type { Listen, PostgresClient, Run, Value } from './types.ts'

/** What a store asks of a client that is its owner's to close. @throws `ERR_STORE_CLIENT` for what is no such client */
export function byClient(client: PostgresClient): { ask: Run; listen: Listen | null; close: () => void } {
  return { ask: connect(client), listen: listenBy(client), close() {} }
}

/** @throws `ERR_STORE_CLIENT` for what is no such client */
export function connect(client: PostgresClient): Run {
  const query = queryOf(client)
  surviveErrors(client)
  return async (text, values = []) => rowsOf(await barely(() => query(text, values.map(sent)))).map(told)
}

const takes =
  "postgresStore takes a Pool of pg, postgres(…) of postgres.js, a PGlite, Bun's SQL, or a URL: postgres://…"

export const noClient = (): SojournError => new SojournError('ERR_STORE_CLIENT', `${takes}. This is none.`)

const sent = (value: Value): string | null => (value == null ? null : spelled(String(value)))

function queryOf(client: unknown): (text: string, values: unknown[]) => PromiseLike<unknown> {
  for (const name of ['unsafe', 'query'] as const) {
    const query: unknown = Reflect.get(Object(client), name)
    if (typeof query === 'function') return (text, values) => query.call(client, text, values)
  }
  throw noClient()
}

/** A Pool of pg tells of a connection that broke while nobody used it, and a process ends where nobody listens. */
function surviveErrors(client: unknown): void {
  const { on, listenerCount } = Object(client)
  if (typeof on !== 'function' || typeof listenerCount !== 'function') return
  if (listenerCount.call(client, 'error') === 0) on.call(client, 'error', () => {})
}

function rowsOf(answer: unknown): unknown[] {
  const rows: unknown = Array.isArray(answer) ? answer : Reflect.get(Object(answer), 'rows')
  if (Array.isArray(rows)) return rows
  throw unreadable()
}

/** By its place, since drivers can be told to spell the names of columns another way. */
function told(row: unknown): any {
  const [text] = Object.values(Object(row))
  if (typeof text !== 'string') throw unreadable()
  try {
    return JSON.parse(text)
  } catch {
    // Its message would quote what is in the row.
    throw unreadable()
  }
}

const unreadable = (): SojournError =>
  new SojournError('ERR_STORE_CLIENT', `${takes}. This one does not answer with rows that are objects.`)

/** What Postgres calls an error (its manual, appendix A); `undefined` where another made it. */
export function stateOf(error: unknown): string | undefined {
  const { code, errno } = Object(error)
  // Bun has a code of its own, and that of Postgres as errno.
  return [errno, code].find((each) => /^[0-9A-Z]{5}$/.test(each))
}
