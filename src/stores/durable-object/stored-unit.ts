import type { Unit } from '../memory-unit.ts'
import type { Cutoff, Ending, SessionRecord } from '../store.ts'
import type { ObjectStorage } from './types.ts'

/** The unit that an object stores: a user's sessions, or a guest's session. Every function works at once, and awaits nothing. */
export interface StoredUnit extends Unit {
  /** Writes a record, an ending, or the cutoff under the id {@link cutoffId}. */
  put(id: string, entry: SessionRecord | Ending | Cutoff): void
  /** Removes what expired before an instant, in epoch milliseconds. */
  removeExpired(before: number): void
  /** Returns when the first entry expires, in epoch milliseconds; `null` if there is none. */
  firstExpiry(): number | null
}

/** No session has this id. */
export const cutoffId = ''

/** SQLite stores at most 2 MB in a row here, so a longer entry has several. */
const maxPartBytes = 1_000_000

/** Whether the object has stored anything. Otherwise a read should not make it store an empty table. */
export const hasUnit = ({ sql }: ObjectStorage): boolean =>
  sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'entries'`).toArray().length > 0

/** Returns the unit of an object. Creates its table if it is missing. */
export function openUnit({ sql }: ObjectStorage): StoredUnit {
  sql.exec(
    `CREATE TABLE IF NOT EXISTS entries (id TEXT NOT NULL, part INTEGER NOT NULL, expires_at INTEGER NOT NULL,
     bytes BLOB NOT NULL, PRIMARY KEY (id, part)) WITHOUT ROWID`,
  )

  function get<Entry>(id: string): Entry | undefined {
    const rows = sql.exec('SELECT bytes FROM entries WHERE id = ? ORDER BY part', id).toArray()
    return rows.length === 0 ? undefined : decode<Entry>(rows)
  }

  const ids = () => sql.exec('SELECT id FROM entries WHERE part = 0 AND id <> ?', cutoffId).toArray()

  const cutoff = get<Cutoff>(cutoffId) ?? null
  return {
    cutoff,
    cutAt: cutoff?.at ?? 0,
    entries: {
      get: (id) => (id === cutoffId ? undefined : get(id)),
      has: (id) => id !== cutoffId && sql.exec('SELECT 1 FROM entries WHERE id = ?', id).toArray().length > 0,
      values: () =>
        ids()
          .map(({ id }) => get<SessionRecord | Ending>(id as string)!)
          .values(),
      get size() {
        return ids().length
      },
    },
    put(id, entry) {
      const bytes = new TextEncoder().encode(JSON.stringify(entry))
      const parts = Math.ceil(bytes.length / maxPartBytes)
      for (let part = 0; part < parts; part++) {
        const values = bytes.slice(part * maxPartBytes, (part + 1) * maxPartBytes)
        sql.exec('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)', id, part, entry.expiresAt, values)
      }
      sql.exec('DELETE FROM entries WHERE id = ? AND part >= ?', id, parts)
    },
    removeExpired: (before) => void sql.exec('DELETE FROM entries WHERE expires_at < ?', before),
    firstExpiry: () => sql.exec('SELECT min(expires_at) AS at FROM entries').toArray()[0]!['at'] as number | null,
  }
}

/** Joins the parts of an entry. A part may end within a character. */
function decode<Entry>(rows: Record<string, unknown>[]): Entry {
  const decoder = new TextDecoder()
  const texts = rows.map(({ bytes }) => decoder.decode(bytes as ArrayBuffer, { stream: true }))
  return JSON.parse(texts.join('')) as Entry
}
