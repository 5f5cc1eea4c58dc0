import type { SessionStore } from '../../stores/store.ts'
import { connectionOf } from '../../stores/redis/connection/connection.ts'
import { type Connection } from '../../stores/redis/connection/types.ts'
import { warnOnce } from '../../stores/redis/config-warnings.ts'
import { recordsIn, type RecordsOptions } from './record-store.ts'

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
