import { escapeText } from '../shared/escape-text.ts'
import type { RedisConnection } from './connection/types.ts'
import type { BeginWrite, DurableWrite } from './replicas/durability.ts'
import type { RunScript } from './run-script.ts'
import * as scripts from './scripts.ts'

/** The ids of each user's sessions, in a sorted set for each user. Names of users are escaped in keys and in records. */
export interface UserIndex {
  /**
   * Adds a session that is about to be created or renewed, or extends its entry. Resolves to the time until which the index
   * holds it, in the server's epoch milliseconds.
   *
   * @throws `TooFewReplicas` if too few replicas have the entry: without it, `revokeAll` would miss the session
   */
  add(escapedUser: string, id: string, ttlMs: number, until: number | undefined): Promise<string>
  /**
   * Extends the entry of a session that is being changed. Resolves as `add` does, or to `'0'` if too few replicas have the
   * entry. The record then stores no later time, so that the next change tries again.
   */
  extend(escapedUser: string, id: string, ttlMs: number, until: number | undefined): Promise<string>
  /** Removes a session that ended. Errors are ignored, because an entry also expires by itself. */
  remove(escapedUser: string, id: string): void
  /** Resolves to the ids of a user. They may include sessions that ended, or were never created. */
  listIds(userId: string): Promise<string[]>
}

export function createUserIndex(
  connection: RedisConnection,
  prefix: string,
  runScript: RunScript,
  beginWrite: BeginWrite,
): UserIndex {
  // One key a user, so that a cluster distributes the users over its servers.
  const userKey = (escapedUser: string): string => `${prefix}user:${escapedUser}`

  async function putEntry(
    escapedUser: string,
    id: string,
    ttlMs: number,
    until: number | undefined,
    write: DurableWrite,
  ): Promise<string> {
    const [indexedUntil] = await runScript(scripts.index, userKey(escapedUser), until, ttlMs, [id], write)
    return String(indexedUntil)
  }

  return {
    async add(escapedUser, id, ttlMs, until) {
      const write = beginWrite(until)
      const indexedUntil = await putEntry(escapedUser, id, ttlMs, until, write)
      write.checkAcknowledged()
      return indexedUntil
    },

    async extend(escapedUser, id, ttlMs, until) {
      // Wait for replicas only half of the time, to leave the other half for the change itself.
      const write = beginWrite(until === undefined ? undefined : (Date.now() + until) / 2)
      const indexedUntil = await putEntry(escapedUser, id, ttlMs, until, write)
      return write.isAcknowledged ? indexedUntil : '0'
    },

    remove(escapedUser, id) {
      connection.run(scripts.unindex, [userKey(escapedUser)], [id]).catch(() => {})
    },

    async listIds(userId) {
      const ids = (await connection.run(scripts.listIds, [userKey(escapeText(userId))], [])) as unknown[]
      return ids.map(String)
    },
  }
}
