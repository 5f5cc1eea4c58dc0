import { textOf } from '../core/texts.ts'
import { moveMarkerId } from '../stores/reserved-ids.ts'
import {
  isEnding,
  type RecordChange,
  type SessionInfo,
  type SessionRecord,
  type SessionStore,
} from '../stores/store.ts'
import { addCopy, isCopyOf, isEnded, isLaterCutoff, putEnding, updateCopy, type RecordOrEnding } from './copies.ts'
import { forEachConcurrent } from './for-each-concurrent.ts'
import { isActive } from './move-marker.ts'

const maxAttempts = 10

/**
 * Keeps sessions in two stores while they move from one to the other, so that servers which have only one of them and servers
 * which have both can run side by side, and nobody is signed out.
 *
 * The old store decides, which servers that have it alone go on writing to, until {@link move} is done; from then on the new one
 * does, and servers may have that alone. What decides is written first, and the other made like it; whatever ended in either
 * has ended in both. A session is in both once a server with both has had it.
 *
 * A call rejects where either store does: then it is not known what was done, and the next call of the same session puts it
 * right. It sweeps what either can sweep, and has `all` and `watch` where both have it.
 *
 * @param to the new store: empty, or one that the sessions were moved away from
 */
export function both(to: SessionStore, from: SessionStore): SessionStore {
  let isMoved = false

  /** The store that decides, and the other. */
  async function readOrder(): Promise<readonly [SessionStore, SessionStore]> {
    isMoved ||= await isActive(to, from)
    return isMoved ? [to, from] : [from, to]
  }

  /** Sees to it that one store has an ending that the other has. */
  async function propagateEnding(
    store: SessionStore,
    id: string,
    found: RecordOrEnding,
    other: RecordOrEnding,
  ): Promise<void> {
    if (!isEnded(other) || isEnded(found)) return
    await (found === null ? putEnding(store, id, other) : store.end(id, other))
  }

  /** What both have, asked at once: enough where they are alike, or it has ended. */
  async function readBoth(id: string) {
    const [[first, second], inTo, inFrom] = await Promise.all([readOrder(), to.read(id), from.read(id)])
    const [found, copy] = first === to ? [inTo, inFrom] : [inFrom, inTo]
    return { first, second, found, copy }
  }

  /**
   * What both have, so that the one may be written over the other: the copy was read before what it is of, and before it was
   * asked who decides. `null` where that is another since just now.
   */
  async function readBothInOrder(id: string) {
    const [deciding, other] = isMoved ? [to, from] : [from, to]
    const copy = await other.read(id)
    const [found, [first, second]] = await Promise.all([deciding.read(id), readOrder()])
    return first === deciding ? { first, second, found, copy } : null
  }

  async function read(id: string): Promise<RecordOrEnding> {
    for (let attempt = 1; ; attempt++) {
      const entries = attempt === 1 ? await readBoth(id) : await readBothInOrder(id)
      if (entries === null) continue
      const { first, second, found, copy } = entries
      if (isEnded(found) || isEnded(copy)) {
        await propagateEnding(first, id, found, copy)
        await propagateEnding(second, id, copy, found)
        return isEnded(found) ? found : copy
      }
      if (found === null ? copy === null || attempt > 1 : copy !== null && isCopyOf(copy, found)) return found
      if (attempt === 1) continue
      // Where others change it all the time, they make the copy what it is.
      if (attempt >= maxAttempts) return found
      if (copy === null) await addCopy(second, found!, first)
      else if (isLaterCutoff(copy, found!)) await updateCopy(first, found!, copy)
      else await updateCopy(second, copy, found!)
    }
  }

  // What was done in the first is to be done in the second however long it takes: that it comes late does no harm, since it
  // is done to nothing but what the first was.
  const store: SessionStore = {
    async create(record, until) {
      const [first, second] = await readOrder()
      if (isEnded(await second.read(record.id)) || !(await first.create(record, until))) return false
      // Another request may have found it already, and copied it.
      if (!(await second.create(record))) await read(record.id)
      return true
    },

    read,

    async update(id, held, change, until) {
      for (let deadline = until; ; deadline = undefined) {
        const [first, second] = await readOrder()
        const version = await first.update(id, held, change, deadline)
        if (version === null) return null
        // Only to what the change was made of: else the whole record is copied.
        const copied = { secretHash: held.secretHash, version: version - (changesData(change) ? 1 : 0) }
        if ((await second.update(id, copied, change)) === version) return version
        const copy = await second.read(id)
        // Others brought it there: nothing else could, as long as the first decides.
        const isThere = copy !== null && !isEnding(copy) && copy.version >= version && (await readOrder())[0] === first
        const found = await read(id)
        if (found === null || isEnding(found)) return null
        if (isThere || (await readOrder())[0] === first) return version
        // The other one decides since just now, and may not have had it in time.
        if (held.version !== undefined) return rejectIfUncertain(found, version, change)
        if (includesChange(found, change)) return found.version
      }
    },

    async end(id, ending, until) {
      const [first, second] = await readOrder()
      const answer = await first.end(id, ending, until)
      const found = answer === false ? await first.read(id) : ending
      const kept = isEnded(found) ? found : ending
      const inSecond = await second.end(id, kept)
      // So that the ending stays also where the session never was.
      if (inSecond === false && isEnded(found)) await propagateEnding(second, id, await second.read(id), kept)
      return answer === true && inSecond === 'unconfirmed' ? 'unconfirmed' : answer
    },

    async list(userId) {
      const [first, second] = await readOrder()
      const infos = await first.list(userId)
      const remaining: SessionInfo[] = []
      await forEachConcurrent(infos, async (info) => {
        if (!isEnded(await second.read(info.id))) remaining.push(info)
      })
      return remaining
    },
  }

  async function* all() {
    const [first] = await readOrder()
    for await (const [id] of first.all!()) {
      const found = id === moveMarkerId ? null : await read(id)
      if (found !== null) yield [id, found] as const
    }
  }

  const sweeps = [to.sweep?.bind(to), from.sweep?.bind(from)].filter((sweep) => sweep !== undefined)
  return {
    ...store,
    ...(sweeps.length > 0 && {
      sweep: async (before: number) => Math.max(...(await Promise.all(sweeps.map((sweep) => sweep(before))))),
    }),
    ...(to.all !== undefined && from.all !== undefined && { all }),
    // Of one alone, what ends in the other would be told late.
    ...(to.watch !== undefined && from.watch !== undefined && { watch: watchBoth(to, from) }),
  }
}

const watchBoth =
  (to: SessionStore, from: SessionStore): NonNullable<SessionStore['watch']> =>
  (id, callback) => {
    const stops = [to.watch!(id, callback), from.watch!(id, callback)]
    return () => stops.forEach((stop) => stop())
  }

const changesData = ({ set, unset }: RecordChange): boolean => Object.keys(set).length > 0 || unset.length > 0

/**
 * Where a change of one version was made in a store that does not decide any more: `null` where what does has it not, so that
 * it may be made anew.
 *
 * @throws where it may be there, beneath what others wrote, or be what another wrote as well: made anew it might count twice
 */
function rejectIfUncertain(found: SessionRecord, version: number, change: RecordChange): null {
  const isOtherChange =
    found.version === version && !(includesChange(found, change) && found.lastSeenAt === change.lastSeenAt)
  if (found.version < version || isOtherChange) return null
  throw new Error('Another store decides since just now, and it is not known whether it has this change.')
}

/** Whether a record has what a change wrote. */
const includesChange = ({ data, secretHash }: SessionRecord, change: RecordChange): boolean =>
  Object.entries(change.set).every(([key, text]) => textOf(data, key) === text) &&
  change.unset.every((key) => Object.hasOwn(change.set, key) || !Object.hasOwn(data, key)) &&
  (change.secretHash === undefined || change.secretHash === secretHash)
