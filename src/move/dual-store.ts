import { isMoveMarker } from '../stores/reserved-ids.ts'
import {
  isEnding,
  type CreateResult,
  type EndAllResult,
  type Ending,
  type SessionStore,
  type StoreEntry,
} from '../stores/store.ts'
import { createLostEnding, isEnded, keyOf } from './copies.ts'
import { changesData, includesChange, rejectIfUncertain } from './changes.ts'
import { createDualReader, propagateEnding, type DualReader } from './dual-read.ts'
import { forEachConcurrent } from './for-each-concurrent.ts'

/**
 * Keeps sessions in two stores while they move from one to the other. Servers with only one of the stores can run next to servers
 * with both, and users stay signed in.
 *
 * The old store decides, which means that it is authoritative, until {@link move} is complete. Servers that only have the old
 * store can write to it until then. Afterwards the new store decides, and servers can have that alone. Changes are written to the
 * store that decides, and then to the other one. A session that ended in either store has ended in both. Each session is copied
 * to both stores when a server with both reads it.
 *
 * A call rejects if either store does. It is then unknown what was written, and the next call for that session repairs it.
 * `sweep` exists if either store has it; `all`, `putCutoff` and `watch` exist if both stores have them.
 *
 * @param to the new store: empty, or one that the sessions were moved away from
 */
export function both(to: SessionStore, from: SessionStore): SessionStore {
  const reader = createDualReader(to, from)
  const sweeps = [to.sweep?.bind(to), from.sweep?.bind(from)].filter((sweep) => sweep !== undefined)
  return {
    ...createDualStore(reader),
    ...(sweeps.length > 0 && {
      sweep: async (before: number) => Math.max(...(await Promise.all(sweeps.map((sweep) => sweep(before))))),
    }),
    ...(to.all !== undefined && from.all !== undefined && { all: () => readAll(reader) }),
    ...(to.putCutoff !== undefined &&
      from.putCutoff !== undefined && {
        async putCutoff(...values: Parameters<NonNullable<SessionStore['putCutoff']>>) {
          await Promise.all([to.putCutoff!(...values), from.putCutoff!(...values)])
        },
      }),
    // Watching only one store would report the ends in the other one late.
    ...(to.watch !== undefined && from.watch !== undefined && { watch: watchBoth(to, from) }),
  }
}

/**
 * Creates the six functions that every store has. One closure, because all of them ask both stores in the same order.
 *
 * Writes to the secondary store have no deadline, except `endAll`. A late one does no harm, because it only changes a record that
 * still equals the primary store's earlier one. A late `endAll` would end sessions that began after it.
 */
function createDualStore({ readOrder, read }: DualReader): SessionStore {
  /** Ends sessions in the secondary store that have ended in the primary one, even if the secondary store never had them. */
  const endInSecondary = (secondary: SessionStore, userId: string | null, ids: Iterable<string>, ending: Ending) =>
    forEachConcurrent(ids, async (id) => {
      const key = { id, userId }
      await propagateEnding(secondary, key, await secondary.read(key), ending)
    })

  /** If the session to spare is missing there, all others end, and it is copied once more. */
  async function endAllInSecondary(
    secondary: SessionStore,
    ...[userId, ending, except, until]: Parameters<SessionStore['endAll']>
  ): Promise<EndAllResult> {
    const result = await secondary.endAll(userId, ending, except, until)
    if (result.isDone) return result
    const others = await secondary.endAll(userId, ending, null, until)
    await read({ id: except!.id, userId })
    return others
  }

  return {
    async create(record, options, until) {
      const key = keyOf(record)
      const [primary, secondary] = await readOrder()
      if (isEnded(await secondary.read(key))) return taken
      const answer = await primary.create(record, options, until)
      if (answer.result !== 'created') return answer
      if (answer.ended.length > 0) await endInSecondary(secondary, key.userId, answer.ended, options!.limit!.ending!)
      // If the stores were just switched, the other one may have ended all sessions of the user meanwhile.
      const { result } = await secondary.create(record, { ...options, limit: undefined })
      // Another request may have read and copied it already.
      if (result === 'taken') await read(key)
      if (result !== 'cut-off') return answer
      const ending = createLostEnding(record)
      if ((await primary.end(key, ending)) === false) return answer
      await endInSecondary(secondary, key.userId, [key.id], ending)
      return { ...answer, result }
    },

    read,

    async update(key, held, change, until) {
      for (let deadline = until; ; deadline = undefined) {
        const [primary, secondary] = await readOrder()
        const version = await primary.update(key, held, change, deadline)
        if (version === null) return null
        // Apply the change only to a copy of the record that it was made for. Otherwise `read` copies the whole record.
        const heldByCopy = { secretHash: held.secretHash, version: version - (changesData(change) ? 1 : 0) }
        if ((await secondary.update(key, heldByCopy, change)) === version) return version
        const copy = await secondary.read(key)
        // Another request has copied the change: nothing else writes to the secondary store while the primary one decides.
        const isCopied =
          copy !== null && !isEnding(copy) && copy.version >= version && (await readOrder())[0] === primary
        const found = await read(key)
        if (found === null || isEnding(found)) return null
        if (isCopied || (await readOrder())[0] === primary) return version
        // The other store decides now, and the change may not have reached it in time.
        if (held.version !== undefined) return rejectIfUncertain(found, version, change)
        if (includesChange(found, change)) return found.version
      }
    },

    async end(key, ending, until) {
      const [primary, secondary] = await readOrder()
      const result = await primary.end(key, ending, until)
      const found = result === false ? await primary.read(key) : ending
      const finalEnding = isEnded(found) ? found : ending
      const secondaryResult = await secondary.end(key, finalEnding)
      // Store the ending even if the secondary store never had the session.
      if (secondaryResult === false && isEnded(found))
        await propagateEnding(secondary, key, await secondary.read(key), finalEnding)
      return result === true && secondaryResult === 'unconfirmed' ? 'unconfirmed' : result
    },

    async endAll(userId, ending, except, until) {
      const [primary, secondary] = await readOrder()
      // It may have ended in the secondary store alone. If it has not, this copies it there, so that it can be spared.
      if (except && isEnded(await read({ id: except.id, userId }))) return notDone
      const answer = await primary.endAll(userId, ending, except, until)
      if (!answer.isDone) return answer
      const { ended, isConfirmed, cutoff } = await endAllInSecondary(secondary, userId, ending, except, until)
      const isEndedThere = new Set(ended)
      const remaining = answer.ended.filter((id) => !isEndedThere.has(id))
      await endInSecondary(secondary, userId, remaining, ending)
      return { ...answer, isConfirmed: answer.isConfirmed && isConfirmed, cutoff: answer.cutoff ?? cutoff }
    },

    async list(userId) {
      for (let attempt = 1; ; attempt++) {
        const [primary, secondary] = await readOrder()
        const infos = await primary.list(userId)
        const endedIds = new Set<string>()
        await forEachConcurrent(infos, async (info) => {
          const key = keyOf(info)
          if (!isEnded(await secondary.read(key))) return
          await read(key)
          endedIds.add(info.id)
        })
        // Ask again, so that a list shows all sessions or only the spared one if an `endAll` is under way.
        if (endedIds.size === 0 || attempt === maxListAttempts) return infos.filter(({ id }) => !endedIds.has(id))
      }
    },
  }
}

const maxListAttempts = 10

const taken: CreateResult = { result: 'taken', ended: [] }
const notDone: EndAllResult = { isDone: false, ended: [], isConfirmed: true }

async function* readAll({ readOrder, read }: DualReader): AsyncGenerator<StoreEntry> {
  const [primary] = await readOrder()
  for await (const entry of primary.all!()) {
    if ('cutoff' in entry) yield entry
    else if (!isMoveMarker(entry.key)) {
      const found = await read(entry.key)
      if (found !== null) yield { key: entry.key, found }
    }
  }
}

const watchBoth =
  (to: SessionStore, from: SessionStore): NonNullable<SessionStore['watch']> =>
  (...callbacks) => {
    const stops = [to.watch!(...callbacks), from.watch!(...callbacks)]
    return () => stops.forEach((stop) => stop())
  }
