import { infoOf, type Unit } from '../memory-unit.ts'
import { isEnding, type Cutoff, type Ending, type SessionRecord } from '../store.ts'
import type { ObjectStorage } from './types.ts'

/** The unit that an object stores: a user's sessions, or a guest's session. Every function works at once, and awaits nothing. */
export interface StoredUnit extends Unit {
  /** Writes a record or an ending. */
  put(id: string, entry: SessionRecord | Ending): void
  /** Replaces the cutoff. */
  putCutoff(cutoff: Cutoff): void
  /** Removes the oldest endings if there are more than a thousand. Otherwise a user who signs in again and again would fill the object. */
  pruneEndings(): void
  /** Removes what expired before an instant, in epoch milliseconds. */
  removeExpired(before: number): void
  /** Returns when the first entry expires, in epoch milliseconds; `null` if there is none. */
  firstExpiry(): number | null
}

/** SQLite stores at most 2 MB in a row here, so a session with more data has several. The first has its fields. */
const maxPartBytes = 1_000_000

/** If there are more endings, the latest half of so many stays. */
const maxEndings = 1000

/**
 * The data is apart from the other fields, so that a list reads no data. By the index it reads no endings either. The table has row ids:
 * without them, SQLite would read the whole rows that it compares in its search for one.
 */
const schema = `
  CREATE TABLE entries (id TEXT NOT NULL, part INTEGER NOT NULL, is_ending INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    fields TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (id, part));
  CREATE INDEX entries_by_expiry ON entries (is_ending, expires_at, part);
  CREATE TABLE cutoff (at INTEGER NOT NULL, spared TEXT, expires_at INTEGER NOT NULL);`

/** Whether the object has stored anything. Otherwise a read should not make it store empty tables. */
export const hasUnit = ({ sql }: ObjectStorage): boolean =>
  sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'entries'`).toArray().length > 0

/** Returns the unit of an object. Creates its tables if they are missing. */
export function openUnit(storage: ObjectStorage): StoredUnit {
  const { sql } = storage
  if (!hasUnit(storage)) sql.exec(schema)
  const numberOf = (query: string) => sql.exec(query).toArray()[0]!['number'] as number | null
  const [cutoff = null] = sql
    .exec('SELECT at, spared, expires_at AS expiresAt FROM cutoff')
    .toArray() as any as Cutoff[]
  return {
    cutoff,
    cutAt: cutoff?.at ?? 0,
    entries: {
      get(id) {
        const rows = sql.exec('SELECT is_ending, fields, data FROM entries WHERE id = ? ORDER BY part', id).toArray()
        return rows.length === 0 ? undefined : decode(rows)
      },
      has: (id) => sql.exec('SELECT 1 FROM entries WHERE id = ?', id).toArray().length > 0,
      values: () =>
        sql
          .exec('SELECT fields FROM entries WHERE is_ending = 0 AND part = 0')
          .toArray()
          .map(({ fields }) => infoOf(JSON.parse(fields as string))),
      get size() {
        return numberOf('SELECT count(*) AS number FROM entries WHERE is_ending = 0 AND part = 0')!
      },
    },
    put: (id, entry) => put(sql, id, entry),
    putCutoff({ at, spared, expiresAt }) {
      sql.exec('DELETE FROM cutoff')
      sql.exec('INSERT INTO cutoff VALUES (?, ?, ?)', at, spared, expiresAt)
    },
    pruneEndings() {
      const count = numberOf('SELECT count(*) AS number FROM entries WHERE is_ending = 1')!
      const oldest = 'SELECT id FROM entries WHERE is_ending = 1 ORDER BY expires_at LIMIT ?'
      if (count > maxEndings) sql.exec(`DELETE FROM entries WHERE id IN (${oldest})`, count - maxEndings / 2)
    },
    removeExpired(before) {
      sql.exec('DELETE FROM entries WHERE expires_at < ?', before)
      sql.exec('DELETE FROM cutoff WHERE expires_at < ?', before)
    },
    firstExpiry: () => numberOf(`SELECT min(at) AS number FROM (${expiries})`),
  }
}

/** Three numbers or nulls, each the first of an index: a `min` of all entries would read them all. */
const expiries = `
  SELECT min(expires_at) AS at FROM entries WHERE is_ending = 0 UNION ALL
  SELECT min(expires_at) FROM entries WHERE is_ending = 1 UNION ALL
  SELECT min(expires_at) FROM cutoff`

/** Writes a record or an ending, in place of what the id had. */
function put(sql: ObjectStorage['sql'], id: string, entry: SessionRecord | Ending): void {
  const { data, ...fields } = isEnding(entry) ? { ...entry, data: {} } : entry
  const bytes = new TextEncoder().encode(JSON.stringify(data))
  const parts = Math.ceil(bytes.length / maxPartBytes)
  const insert = 'INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)'
  for (let part = 0; part < parts; part++) {
    const text = part === 0 ? JSON.stringify(fields) : ''
    const values = bytes.slice(part * maxPartBytes, (part + 1) * maxPartBytes)
    sql.exec(insert, id, part, Number(isEnding(entry)), entry.expiresAt, text, values)
  }
  sql.exec('DELETE FROM entries WHERE id = ? AND part >= ?', id, parts)
}

/** Joins the parts of an entry. A part may end within a character. */
function decode(rows: Record<string, unknown>[]): SessionRecord | Ending {
  const fields = JSON.parse(rows[0]!['fields'] as string)
  if (rows[0]!['is_ending'] === 1) return fields as Ending
  const decoder = new TextDecoder()
  const texts = rows.map(({ data }) => decoder.decode(data as ArrayBuffer, { stream: true }))
  return { ...fields, data: JSON.parse(texts.join('')) } as SessionRecord
}
