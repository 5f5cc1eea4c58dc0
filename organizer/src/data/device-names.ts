import type { Db } from './db.ts'

export type DeviceNames = ReturnType<typeof createDeviceNames>

/** Creates the repository of the names that people give to their sign-ins. Sessions are known by their ids. */
export function createDeviceNames(db: Db) {
  /** Resolves to a person's names, by session id. */
  async function listByOwner(owner: number): Promise<ReadonlyMap<string, string>> {
    const sql = 'SELECT session_id AS id, name FROM device_names WHERE owner_id = ?'
    const rows = await db.rows<{ id: string; name: string }>(sql, [owner])
    return new Map(rows.map(({ id, name }) => [id, name]))
  }

  const remove = (owner: number, id: string) =>
    db.run('DELETE FROM device_names WHERE owner_id = ? AND session_id = ?', [owner, id])

  return {
    listByOwner,

    /** Names a sign-in; an empty name removes its name. It also removes those of sessions that are not in `present`. */
    async set(owner: number, id: string, name: string, present: readonly string[]): Promise<void> {
      for (const named of (await listByOwner(owner)).keys()) if (!present.includes(named)) await remove(owner, named)
      if (!name) return void (await remove(owner, id))
      const sql = `INSERT INTO device_names (session_id, owner_id, name) VALUES (?, ?, ?)
         ON CONFLICT (session_id) DO UPDATE SET name = excluded.name WHERE device_names.owner_id = excluded.owner_id`
      await db.run(sql, [id, owner, name])
    },
  }
}
