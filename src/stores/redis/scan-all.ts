import type { Ending, SessionRecord } from '../store.ts'
import type { Ask, RedisConnection } from './connection/types.ts'
import { decodeRecordOrEnding } from './hash-fields.ts'
import type { ConcurrencyLimit } from './limit-concurrency.ts'
import { readAllFields } from './scripts.ts'

/** How often the servers of a cluster are scanned at most. */
const maxRounds = 10

/**
 * Yields every record and every ending, with its id. An id may come more than once: SCAN may repeat keys, a moving slot is
 * scanned on several servers, and we do not remember ids because there may be millions.
 *
 * @param sessionPrefix the prefix of each session's key
 */
export async function* scanAll(
  connection: RedisConnection,
  sessionPrefix: string,
  limit: ConcurrencyLimit,
): AsyncGenerator<readonly [id: string, SessionRecord | Ending]> {
  const keyPrefix = connection.keyPrefix + sessionPrefix
  const pattern = `${keyPrefix.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)}*`
  let nodes = await connection.listPrimaries()
  let slots = await readSlots(nodes)
  // Scan all servers again if slots moved: a key may have moved from a server not yet scanned to one already scanned.
  for (let round = 1; ; round++) {
    for (const ask of nodes) yield* scanNode(ask)
    const before = slots
    nodes = await connection.listPrimaries()
    slots = await readSlots(nodes)
    if ((slots === before && !slots.includes('[')) || round === maxRounds) return
  }

  async function* scanNode(ask: Ask) {
    let cursor = '0'
    do {
      const [next, keys] = (await ask('SCAN', cursor, 'MATCH', pattern, 'COUNT', '100')) as [unknown, unknown[]]
      cursor = String(next)
      const ids = new Set(keys.map((key) => String(key).slice(keyPrefix.length)))
      const found = await Promise.all(
        [...ids].map(
          async (id) => [id, await limit(() => connection.run(readAllFields, [sessionPrefix + id], []))] as const,
        ),
      )
      for (const [id, reply] of found) {
        const entry = decodeRecordOrEnding(id, reply)
        if (entry !== null) yield [id, entry] as const
      }
    } while (cursor !== '0')
  }
}

/**
 * Resolves to the slots of each server, with the epoch of their last change. Slots that are moving are in brackets. The text
 * is empty if there is one server.
 */
async function readSlots(nodes: readonly Ask[]): Promise<string> {
  if (nodes.length === 1) return ''
  const replies = await Promise.all(nodes.map((ask) => ask('CLUSTER', 'NODES')))
  const own = replies.map((text) => /^(\S+) .*\bmyself\b.*$/m.exec(String(text))?.[0].split(' ') ?? [])
  return own
    .map(([id, , , , , , epoch, , ...slots]) => [id, epoch, ...slots].join(' '))
    .toSorted()
    .join('\n')
}
