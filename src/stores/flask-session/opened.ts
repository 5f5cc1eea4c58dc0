import type { SessionStore } from '../../store.ts'
import { connectionOf, type Connection } from '../redis/client.ts'
import { warnOnce } from '../redis/warn-once.ts'
import { recordsIn, type RecordsOptions } from './records.ts'

/**
 * Records by a client, or by a connection that is made when it is needed. What would lose them is said on the console.
 *
 * @param lazy `null` where there is a client
 */
export function openRecords(lazy: Connection | null, client: unknown, options: RecordsOptions): SessionStore {
  const connection = lazy ?? connectionOf(client)
  const warn = warnOnce(connection)
  if (connection.isOpen) warn()
  const records = recordsIn(connection, options)
  return {
    ...records,
    async read(id) {
      const found = await records.read(id)
      warn()
      return found
    },
  }
}
