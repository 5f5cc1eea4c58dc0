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

/** The events that people plan, each seen by its owner only. */
export function createEvents(db: Db, { now = Date.now }: { now?: () => number } = {}) {
  const insert = db.prepare(
    'INSERT INTO events (owner_id, title, starts_at, place, description, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const list = db.prepare(
    `SELECT id, title, starts_at AS startsAt, place, description FROM events
      WHERE owner_id = ? ORDER BY starts_at, id`,
  )
  const byId = db.prepare(
    'SELECT id, title, starts_at AS startsAt, place, description FROM events WHERE id = ? AND owner_id = ?',
  )
  const update = db.prepare(
    'UPDATE events SET title = ?, starts_at = ?, place = ?, description = ? WHERE id = ? AND owner_id = ?',
  )
  const remove = db.prepare('DELETE FROM events WHERE id = ? AND owner_id = ?')
  return {
    add(owner: number, { title, startsAt, place, description }: NewEvent): void {
      insert.run(owner, title, startsAt, place, description, now())
    },
    /** A person's events, the earliest first. */
    of: (owner: number) => list.all(owner) as PlannedEvent[],
    /** One of a person's events; `null` for an id that none of them has, though another person's may. */
    byId: (owner: number, id: number) => (byId.get(id, owner) as PlannedEvent | undefined) ?? null,
    /** Changes one of a person's events; of two changes at once, the last one stays. */
    change(owner: number, id: number, { title, startsAt, place, description }: NewEvent): void {
      update.run(title, startsAt, place, description, id, owner)
    },
    remove: (owner: number, id: number): void => void remove.run(id, owner),
  }
}
