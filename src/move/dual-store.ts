import { textOf } from '../core/texts.ts'
import { moveMarkerId } from '../stores/reserved-ids.ts'
import {
  isEnding,
  type RecordChange,
  type SessionInfo,
  type SessionRecord,
  type SessionStore,
} from '../stores/store.ts'
import { isEnded } from './copies.ts'
import { createDualReader, propagateEnding, type DualReader } from './dual-read.ts'
import { forEachConcurrent } from './for-each-concurrent.ts'

/**
 * Keeps sessions in two stores while they move from one to the other. Servers with only one of the stores can run next to servers
 * with both, and no user is signed out.
 *
 * The old store decides, which means that it is authoritative, until {@link move} is complete. Servers that only have the old
 * store can write to it until then. Afterwards the new store decides, and servers can have that alone. Changes are written to the
 * store that decides, and then to the other one. A session that ended in either store has ended in both. Each session is copied
 * to both stores when a server with both reads it.
 *
 * A call rejects if either store does. It is then unknown what was written, and the next call for that session repairs it.
 * `sweep` exists if either store has it; `all` and `watch` exist if both stores have them.
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
    // Watching only one store would report the ends in the other one late.
    ...(to.watch !== undefined && from.watch !== undefined && { watch: watchBoth(to, from) }),
  }
}

/**
 * Creates the five functions that every store has.
 *
 * Writes to the secondary store have no deadline. A late one does no harm, because it only changes a record that still equals
 * the primary store's earlier one.
 */
function createDualStore({ readOrder, read }: DualReader): SessionStore {
  return {
    async create(record, until) {
      const [primary, secondary] = await readOrder()
      if (isEnded(await secondary.read(record.id)) || !(await primary.create(record, until))) return false
      // Another request may have read and copied it already.
      if (!(await secondary.create(record))) await read(record.id)
      return true
    },

    read,

    async update(id, held, change, until) {
      for (let deadline = until; ; deadline = undefined) {
        const [primary, secondary] = await readOrder()
        const version = await primary.update(id, held, change, deadline)
        if (version === null) return null
        // Apply the change only to a copy of the record that it was made for. Otherwise `read` copies the whole record.
        const heldByCopy = { secretHash: held.secretHash, version: version - (changesData(change) ? 1 : 0) }
        if ((await secondary.update(id, heldByCopy, change)) === version) return version
        const copy = await secondary.read(id)
        // Another request has copied the change: nothing else writes to the secondary store while the primary one decides.
        const isCopied =
          copy !== null && !isEnding(copy) && copy.version >= version && (await readOrder())[0] === primary
        const found = await read(id)
        if (found === null || isEnding(found)) return null
        if (isCopied || (await readOrder())[0] === primary) return version
        // The other store decides now, and the change may not have reached it in time.
        if (held.version !== undefined) return rejectIfUncertain(found, version, change)
        if (includesChange(found, change)) return found.version
      }
    },

    async end(id, ending, until) {
      const [primary, secondary] = await readOrder()
      const result = await primary.end(id, ending, until)
      const found = result === false ? await primary.read(id) : ending
      const finalEnding = isEnded(found) ? found : ending
      const secondaryResult = await secondary.end(id, finalEnding)
      // Store the ending even if the secondary store never had the session.
      if (secondaryResult === false && isEnded(found))
        await propagateEnding(secondary, id, await secondary.read(id), finalEnding)
      return result === true && secondaryResult === 'unconfirmed' ? 'unconfirmed' : result
    },

    async list(userId) {
      const [primary, secondary] = await readOrder()
      const infos = await primary.list(userId)
      const remaining: SessionInfo[] = []
      await forEachConcurrent(infos, async (info) => {
        if (!isEnded(await secondary.read(info.id))) remaining.push(info)
      })
      return remaining
    },
  }
}

async function* readAll({ readOrder, read }: DualReader) {
  const [primary] = await readOrder()
  for await (const [id] of primary.all!()) {
    const found = id === moveMarkerId ? null : await read(id)
    if (found !== null) yield [id, found] as const
  }
}

const watchBoth =
  (to: SessionStore, from: SessionStore): NonNullable<SessionStore['watch']> =>
  (...callbacks) => {
    const stops = [to.watch!(...callbacks), from.watch!(...callbacks)]
    return () => stops.forEach((stop) => stop())
  }

const changesData = ({ set, unset }: RecordChange): boolean => Object.keys(set).length > 0 || unset.length > 0

/**
 * Handles a change for one exact version that was made in a store which does not decide any more. Returns `null` if the store
 * that decides does not have the change, so that the caller can make it again.
 *
 * @throws if that store may have the change under later ones, or has an equal one: made again, the change might count twice
 */
function rejectIfUncertain(found: SessionRecord, version: number, change: RecordChange): null {
  const isOtherChange =
    found.version === version && !(includesChange(found, change) && found.lastSeenAt === change.lastSeenAt)
  if (found.version < version || isOtherChange) return null
  throw new Error('The stores were just switched, and it is unknown whether the new one has this change.')
}

/** Returns whether a record has the values that a change wrote. */
const includesChange = ({ data, secretHash }: SessionRecord, change: RecordChange): boolean =>
  Object.entries(change.set).every(([key, text]) => textOf(data, key) === text) &&
  change.unset.every((key) => Object.hasOwn(change.set, key) || !Object.hasOwn(data, key)) &&
  (change.secretHash === undefined || change.secretHash === secretHash)
