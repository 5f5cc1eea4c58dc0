import { createConfigWarner } from '../../stores/redis/config-warnings.ts'
import { createRedisConnection } from '../../stores/redis/connection/connection.ts'
import type { RedisConnection } from '../../stores/redis/connection/types.ts'
import type { SessionStore } from '../../stores/store.ts'
import { createRecordStore, type RecordStoreOptions } from './record-store.ts'

/**
 * Records by a client, or by a connection that is made when it is needed. What would lose them is said on the console.
 *
 * @param urlConnection `null` where there is a client
 */
export function openRecords(
  urlConnection: RedisConnection | null,
  client: unknown,
  options: RecordStoreOptions,
): SessionStore {
  const connection = urlConnection ?? createRedisConnection(client)
  const warnAboutConfig = createConfigWarner(connection)
  if (connection.isOpen) warnAboutConfig()
  const records = createRecordStore(connection, options)
  return {
    ...records,
    async read(id) {
      const found = await records.read(id)
      warnAboutConfig()
      return found
    },
  }
}
