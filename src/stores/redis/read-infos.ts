import type { SessionInfo } from '../store.ts'
import type { RedisConnection } from './connection/types.ts'
import { decodeInfo, infoFields } from './hash-fields.ts'
import { limitConcurrency } from './limit-concurrency.ts'
import { readFields } from './scripts.ts'

/** Returns a function that reads what `list` shows of sessions, by their keys; `null` if a key has no record. */
export function createInfoReader(
  connection: RedisConnection,
): (keys: readonly string[]) => Promise<(SessionInfo | null)[]> {
  const limit = limitConcurrency(500)
  let canReadTogether = !connection.isCluster

  /** Reads several keys by one script. All of them must be on one server. */
  async function readTogether(keys: readonly string[]): Promise<(SessionInfo | null)[]> {
    const found = (await connection.run(readFields, keys, infoFields)) as unknown[]
    return found.map(decodeInfo)
  }

  async function readOne(key: string): Promise<SessionInfo | null> {
    return (await limit(() => readTogether([key])))[0]!
  }

  async function readPage(keys: readonly string[]): Promise<(SessionInfo | null)[]> {
    const found = await readTogether(keys)
    // A proxy in front of several servers routes a script by its first key. So read keys that were not found one by one.
    return Promise.all(found.map((info, index) => info ?? (keys.length > 1 ? readOne(keys[index]!) : null)))
  }

  return async (keys) => {
    const infos: (SessionInfo | null)[] = []
    for (let start = 0; canReadTogether && start < keys.length; start += pageSize) {
      try {
        infos.push(...(await readPage(keys.slice(start, start + pageSize))))
      } catch (error) {
        // A plain client can connect to a cluster that has only one server, but a script's keys must then be in one slot.
        if (!/cross.?slot/i.test(String(error))) throw error
        canReadTogether = false
      }
    }
    return [...infos, ...(await Promise.all(keys.slice(infos.length).map(readOne)))]
  }
}

/** How many keys one script reads. More would block the server's other clients for longer than a few milliseconds. */
const pageSize = 250
