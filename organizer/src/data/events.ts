import type { Db } from './db.ts'

/** An event that a person plans. `startsAt` is the local time at its place, such as `2026-12-24T18:00`. */
export interface PlannedEvent {
  readonly id: number
  readonly title: string
  readonly startsAt: string
  readonly place: string
  readonly description: string
}

export type NewEvent = Omit<PlannedEvent, 'id'>
export type Events = ReturnType<typeof createEvents>

const columns = 'id, title, starts_at AS "startsAt", place, description'

/** For how long a deleted event can be restored. */
const keptMs = 86_400_000

/** Creates the repository of events. Only its owner sees an event. */
export function createEvents(db: Db, { now = Date.now }: { now?: () => number } = {}) {
  async function findById(owner: number, id: number): Promise<PlannedEvent | null> {
    const sql = `SELECT ${columns} FROM events WHERE id = ? AND owner_id = ? AND deleted_at IS NULL`
    return (await db.rows<PlannedEvent>(sql, [id, owner]))[0] ?? null
  }

  return {
    async add(owner: number, { title, startsAt, place, description }: NewEvent): Promise<void> {
      await db.run(
        'INSERT INTO events (owner_id, title, starts_at, place, description, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        [owner, title, startsAt, place, description, now()],
      )
    },

    /** Resolves to a person's events, the earliest first. */
    listByOwner: (owner: number): Promise<PlannedEvent[]> =>
      db.rows(`SELECT ${columns} FROM events WHERE owner_id = ? AND deleted_at IS NULL ORDER BY starts_at, id`, [
        owner,
      ]),

    /** Resolves to one of a person's events, or to `null`. Another person's event is `null` too. */
    findById,

    /** Updates one of a person's events. If two updates are made at once, the last one wins. */
    async update(owner: number, id: number, { title, startsAt, place, description }: NewEvent): Promise<void> {
      await db.run(
        `UPDATE events SET title = ?, starts_at = ?, place = ?, description = ?
          WHERE id = ? AND owner_id = ? AND deleted_at IS NULL`,
        [title, startsAt, place, description, id, owner],
      )
    },

    /** Deletes one of a person's events. `restore` can undo it for one day. */
    async remove(owner: number, id: number): Promise<void> {
      await db.run('DELETE FROM events WHERE owner_id = ? AND deleted_at < ?', [owner, now() - keptMs])
      await db.run('UPDATE events SET deleted_at = ? WHERE id = ? AND owner_id = ?', [now(), id, owner])
    },

    /** Undoes `remove`. Resolves to the event, or to `null` if it is gone for good. */
    async restore(owner: number, id: number): Promise<PlannedEvent | null> {
      const sql = 'UPDATE events SET deleted_at = NULL WHERE id = ? AND owner_id = ? AND deleted_at >= ?'
      await db.run(sql, [id, owner, now() - keptMs])
      return findById(owner, id)
    },
  }
}
