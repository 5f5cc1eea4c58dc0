import type { Db } from './db.ts'

/** What a person plans. `startsAt` is the time on the clock at its place, as `2026-12-24T18:00`. */
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

/** The events that people plan, each seen by its owner only. */
export function createEvents(db: Db, { now = Date.now }: { now?: () => number } = {}) {
  return {
    async add(owner: number, { title, startsAt, place, description }: NewEvent): Promise<void> {
      await db.run(
        'INSERT INTO events (owner_id, title, starts_at, place, description, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        [owner, title, startsAt, place, description, now()],
      )
    },

    /** A person's events, the earliest first. */
    of: (owner: number): Promise<PlannedEvent[]> =>
      db.rows(`SELECT ${columns} FROM events WHERE owner_id = ? ORDER BY starts_at, id`, [owner]),

    /** One of a person's events; `null` for an id that none of them has, though another person's may. */
    async byId(owner: number, id: number): Promise<PlannedEvent | null> {
      const sql = `SELECT ${columns} FROM events WHERE id = ? AND owner_id = ?`
      return (await db.rows<PlannedEvent>(sql, [id, owner]))[0] ?? null
    },

    /** Changes one of a person's events; of two changes at once, the last one stays. */
    async change(owner: number, id: number, { title, startsAt, place, description }: NewEvent): Promise<void> {
      await db.run(
        'UPDATE events SET title = ?, starts_at = ?, place = ?, description = ? WHERE id = ? AND owner_id = ?',
        [title, startsAt, place, description, id, owner],
      )
    },

    async remove(owner: number, id: number): Promise<void> {
      await db.run('DELETE FROM events WHERE id = ? AND owner_id = ?', [id, owner])
    },
  }
}
