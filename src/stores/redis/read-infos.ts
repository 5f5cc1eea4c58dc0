import type { SessionInfo } from '../store.ts'
import type { RedisConnection } from './connection/types.ts'
import { decodeInfo, infoFields } from './hash-fields.ts'
import { limitConcurrency } from './limit-concurrency.ts'
import { readFields } from './scripts.ts'

/** Resolves to what is listed of sessions, by their keys; `null` where there is no record. */
export function createInfoReader(
  connection: RedisConnection,
): (keys: readonly string[]) => Promise<(SessionInfo | null)[]> {
  const limit = limitConcurrency(500)
  let canReadTogether = !connection.isCluster

  /** What several hold, by one script: those that are asked for are at one server. */
  async function readTogether(keys: readonly string[]): Promise<(SessionInfo | null)[]> {
    const found = (await connection.run(readFields, keys, infoFields)) as unknown[]
    return found.map(decodeInfo)
  }

  async function readOne(key: string): Promise<SessionInfo | null> {
    return (await limit(() => readTogether([key])))[0]!
  }

  async function readPage(keys: readonly string[]): Promise<(SessionInfo | null)[]> {
    const found = await readTogether(keys)
    // Where something between here and several servers sends a script by its first key, others are found by themselves only.
    return Promise.all(found.map((info, at) => info ?? (keys.length > 1 ? readOne(keys[at]!) : null)))
  }

  return async (keys) => {
    const infos: (SessionInfo | null)[] = []
    for (let at = 0; canReadTogether && at < keys.length; at += pageSize) {
      try {
        infos.push(...(await readPage(keys.slice(at, at + pageSize))))
      } catch (error) {
        // A server that is the only one of a cluster takes a plain client, and no keys of several slots.
        if (!/cross.?slot/i.test(String(error))) throw error
        canReadTogether = false
      }
    }
    return [...infos, ...(await Promise.all(keys.slice(infos.length).map(readOne)))]
  }
}

/** So few that others wait no longer than a few milliseconds. */
const pageSize = 250
