import type { Ending, SessionRecord } from '../../store.ts'
import type { AtMost } from './at-most.ts'
import type { Ask, Connection } from './client.ts'
import { foundIn } from './fields.ts'
import { allOf as allFieldsOf } from './scripts.ts'

/** How often the servers of a cluster are asked at most. */
const rounds = 10

/** Every record and every ending of the keys that begin so, by its id, once. */
export async function* allOf(
  connection: Connection,
  sessions: string,
  ofMany: AtMost,
): AsyncGenerator<readonly [id: string, SessionRecord | Ending]> {
  const given = new Set<string>()
  const whole = connection.keyPrefix + sessions
  const pattern = `${whole.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)}*`
  const nodes = await connection.nodes()
  let [round, before] = [0, 0]
  // What moves from a server that is yet to be asked to one that was is found when all are asked again, until nothing is new.
  do {
    before = given.size
    for (const ask of nodes) yield* keysOf(ask)
  } while (nodes.length > 1 && given.size > before && ++round < rounds)

  async function* keysOf(ask: Ask) {
    let cursor = '0'
    do {
      const [next, keys] = (await ask('SCAN', cursor, 'MATCH', pattern, 'COUNT', '100')) as [unknown, unknown[]]
      cursor = String(next)
      // A server may give a key again, and so do two while it moves from one to the other.
      const ids = new Set(keys.map((key) => String(key).slice(whole.length)).filter((id) => !given.has(id)))
      for (const id of ids) given.add(id)
      const found = await Promise.all(
        [...ids].map(async (id) => [id, await ofMany(() => connection.run(allFieldsOf, [sessions + id], []))] as const),
      )
      for (const [id, reply] of found) {
        const each = foundIn(id, reply)
        if (each !== null) yield [id, each] as const
      }
    } while (cursor !== '0')
  }
}
