import type { SessionInfo } from '../store.ts'
import { atMost } from './limit-concurrency.ts'
import type { Connection } from './connection/types.ts'
import { infoFields, infoIn } from './hash-fields.ts'
import { someOf } from './scripts.ts'

/** Resolves to what is listed of sessions, by their keys; `null` where there is no record. */
export function createListing(connection: Connection): (keys: readonly string[]) => Promise<(SessionInfo | null)[]> {
  const ofMany = atMost(500)
  let isTogether = !connection.isCluster

  /** What several hold, by one script: those that are asked for are at one server. */
  async function page(keys: readonly string[]): Promise<(SessionInfo | null)[]> {
    const found = (await connection.run(someOf, keys, infoFields)) as unknown[]
    return found.map(infoIn)
  }

  async function alone(key: string): Promise<SessionInfo | null> {
    return (await ofMany(() => page([key])))[0]!
  }

  async function together(keys: readonly string[]): Promise<(SessionInfo | null)[]> {
    const found = await page(keys)
    // Where something between here and several servers sends a script by its first key, others are found by themselves only.
    return Promise.all(found.map((info, at) => info ?? (keys.length > 1 ? alone(keys[at]!) : null)))
  }

  return async (keys) => {
    const infos: (SessionInfo | null)[] = []
    for (let at = 0; isTogether && at < keys.length; at += pageSize) {
      try {
        infos.push(...(await together(keys.slice(at, at + pageSize))))
      } catch (error) {
        // A server that is the only one of a cluster takes a plain client, and no keys of several slots.
        if (!/cross.?slot/i.test(String(error))) throw error
        isTogether = false
      }
    }
    return [...infos, ...(await Promise.all(keys.slice(infos.length).map(alone)))]
  }
}

/** So few that others wait no longer than a few milliseconds. */
const pageSize = 250
