import type { Ending, SessionRecord } from '../store.ts'
import type { Ask, RedisConnection } from './connection/types.ts'
import { decodeRecordOrEnding } from './hash-fields.ts'
import type { ConcurrencyLimit } from './limit-concurrency.ts'
import { readAllFields as allFieldsOf } from './scripts.ts'

/** How often the servers of a cluster are asked at most. */
const maxRounds = 10

/**
 * Every record and every ending of the keys that begin so, by its id. Of what was given nothing is remembered, however much
 * there is: so a server may give a key again, and what moves between servers comes as often as they are asked.
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
  // What moved from a server that was yet to be asked to one that had been is found when all are asked again.
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
          async (id) => [id, await limit(() => connection.run(allFieldsOf, [sessionPrefix + id], []))] as const,
        ),
      )
      for (const [id, reply] of found) {
        const each = decodeRecordOrEnding(id, reply)
        if (each !== null) yield [id, each] as const
      }
    } while (cursor !== '0')
  }
}

/** Which slots each server of a cluster has, since which change; one that is half-way stands in brackets. Of one server there is nothing to tell. */
async function readSlots(nodes: readonly Ask[]): Promise<string> {
  if (nodes.length === 1) return ''
  const replies = await Promise.all(nodes.map((ask) => ask('CLUSTER', 'NODES')))
  const own = replies.map((text) => /^(\S+) .*\bmyself\b.*$/m.exec(String(text))?.[0].split(' ') ?? [])
  return own
    .map(([id, , , , , , epoch, , ...slots]) => [id, epoch, ...slots].join(' '))
    .toSorted()
    .join('\n')
}
