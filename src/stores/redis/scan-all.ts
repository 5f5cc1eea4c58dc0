import { unescapeText } from '../shared/escape-text.ts'
import type { StoreEntry } from '../store.ts'
import type { Ask, RedisConnection } from './connection/types.ts'
import type { ConcurrencyLimit } from './limit-concurrency.ts'
import { cutoffField, unpackCutoff, unpackSession } from './packed-entry.ts'
import { readUnit } from './scripts/read.ts'

/** How often the servers of a cluster are scanned at most. */
const maxRounds = 10

/**
 * Yields every record, ending and cutoff. One may come more than once: SCAN may repeat keys, a moving slot is scanned on several
 * servers, and we do not remember keys because there may be millions.
 *
 * @param prefix the prefix of each key
 */
export async function* scanAll(
  connection: RedisConnection,
  prefix: string,
  limit: ConcurrencyLimit,
): AsyncGenerator<StoreEntry> {
  const keyPrefix = connection.keyPrefix + prefix
  const pattern = `${keyPrefix.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)}[ug]:*`
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
      const names = new Set(keys.map((key) => String(key).slice(keyPrefix.length)))
      const units = [...names].map((name) => limit(() => readEntries(name)))
      for (const entries of await Promise.all(units)) yield* entries
    } while (cursor !== '0')
  }

  /** @param name the key without its prefix */
  async function readEntries(name: string): Promise<StoreEntry[]> {
    const userId = name.startsWith('u:') ? unescapeText(name.slice(2)) : null
    const words = ((await connection.run(readUnit, [prefix + name], [])) as unknown[]).map(String)
    return Array.from({ length: words.length / 2 }, (_, at) => {
      const [id, value] = [words[2 * at]!, words[2 * at + 1]!]
      if (id === cutoffField) return { userId: userId!, cutoff: unpackCutoff(value) }
      const key = { id, userId }
      return { key, found: unpackSession(key, value) }
    })
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
