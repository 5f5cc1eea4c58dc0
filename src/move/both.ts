import { isEnding, type RecordChange, type SessionInfo, type SessionRecord, type SessionStore } from '../store.ts'
import { textOf } from '../texts.ts'
import { addCopy, bringUp, ended, isCopyOf, putEnding, type Kept } from './copying.ts'
import { isHome, markId } from './mark.ts'
import { forSome } from './some.ts'

const tries = 10

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
  async function order(): Promise<readonly [SessionStore, SessionStore]> {
    isMoved ||= await isHome(to, from)
    return isMoved ? [to, from] : [from, to]
  }

  /** Sees to it that one store has an ending that the other has. */
  async function spread(store: SessionStore, id: string, found: Kept, other: Kept): Promise<void> {
    if (!ended(other) || ended(found)) return
    await (found === null ? putEnding(store, id, other) : store.end(id, other))
  }

  async function read(id: string): Promise<Kept> {
    for (let tried = 1; ; tried++) {
      const [[first, second], inTo, inFrom] = await Promise.all([order(), to.read(id), from.read(id)])
      const [found, copy] = first === to ? [inTo, inFrom] : [inFrom, inTo]
      if (ended(found) || ended(copy)) {
        await spread(first, id, found, copy)
        await spread(second, id, copy, found)
        return ended(found) ? found : copy
      }
      if (found === null) return null
      // Where others change it all the time, they make the copy what it is.
      if ((copy !== null && isCopyOf(copy, found)) || tried === tries) return found
      await (copy === null ? addCopy(second, found, first) : bringUp(second, copy, found))
    }
  }

  async function isLive(id: string): Promise<boolean> {
    const found = await read(id)
    return found !== null && !isEnding(found)
  }

  // What was done in the first is to be done in the second however long it takes: that it comes late does no harm, since it
  // is done to nothing but what the first was.
  const store: SessionStore = {
    async create(record, until) {
      const [first, second] = await order()
      if (ended(await second.read(record.id)) || !(await first.create(record, until))) return false
      // Another request may have found it already, and copied it.
      if (!(await second.create(record))) await read(record.id)
      return true
    },

    read,

    async update(id, held, change, until) {
      for (let inTime = until; ; inTime = undefined) {
        const [first, second] = await order()
        const version = await first.update(id, held, change, inTime)
        if (version === null) return null
        // Only to what the change was made of: else the whole record is copied.
        const copied = { secretHash: held.secretHash, version: version - (isOfData(change) ? 1 : 0) }
        const inStep = (await second.update(id, copied, change)) === version
        if (!inStep && !(await isLive(id))) return null
        const [deciding] = await order()
        if (deciding === first) return version
        // The other one does since just now, and may not have had it in time.
        const found = await read(id)
        if (found === null || isEnding(found)) return null
        if (isIn(found, change)) return found.version
        if (held.version !== undefined) return null
      }
    },

    async end(id, ending, until) {
      const [first, second] = await order()
      const answer = await first.end(id, ending, until)
      const found = answer === false ? await first.read(id) : ending
      const kept = ended(found) ? found : ending
      const inSecond = await second.end(id, kept)
      // So that the ending stays also where the session never was.
      if (inSecond === false && ended(found)) await spread(second, id, await second.read(id), kept)
      return answer === true && inSecond === 'unconfirmed' ? 'unconfirmed' : answer
    },

    async list(userId) {
      const [first, second] = await order()
      const infos = await first.list(userId)
      const left: SessionInfo[] = []
      await forSome(infos, async (info) => {
        if (!ended(await second.read(info.id))) left.push(info)
      })
      return left
    },
  }

  async function* all() {
    const [first] = await order()
    for await (const [id] of first.all!()) {
      const found = id === markId ? null : await read(id)
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
  (id, told) => {
    const stops = [to.watch!(id, told), from.watch!(id, told)]
    return () => stops.forEach((stop) => stop())
  }

const isOfData = ({ set, unset }: RecordChange): boolean => Object.keys(set).length > 0 || unset.length > 0

/** Whether a record has what a change wrote. */
const isIn = ({ data, secretHash }: SessionRecord, change: RecordChange): boolean =>
  Object.entries(change.set).every(([key, text]) => textOf(data, key) === text) &&
  change.unset.every((key) => Object.hasOwn(change.set, key) || !Object.hasOwn(data, key)) &&
  (change.secretHash === undefined || change.secretHash === secretHash)
