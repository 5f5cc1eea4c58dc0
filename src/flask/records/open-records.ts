import { createConfigWarner } from '../../stores/redis/config-warnings.ts'
import { createRedisConnection } from '../../stores/redis/connection/connection.ts'
import type { RedisConnection } from '../../stores/redis/connection/types.ts'
import type { SessionStore } from '../../stores/store.ts'
import { createRecordStore, type RecordStoreOptions } from './record-store.ts'

/**
 * Opens the record store, and warns on the console about server settings that would lose records.
 *
 * @param urlConnection `null` to use `client`
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
    async read(key) {
      const found = await records.read(key)
      warnAboutConfig()
      return found
    },
  }
}
