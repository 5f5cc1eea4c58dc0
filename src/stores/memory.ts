import { SojournError } from '../core/errors.ts'
import { mergeTexts } from '../core/texts.ts'
import { warnOnce } from '../core/warn-once.ts'
import { withPromise } from '../util/sync-calls.ts'
import {
  changeRecord,
  copyEnding,
  infoOf,
  liveRecord,
  liveRecords,
  planCreate,
  planEndAll,
  type Unit,
} from './memory-unit.ts'
import type { Cutoff, Ending, SessionNotice, SessionRecord, SessionStore } from './store.ts'

/** The sessions of one user, or of all guests. */
interface MemoryUnit extends Unit {
  readonly userId: string | null
  readonly entries: Map<string, SessionRecord | Ending>
  cutoff: Cutoff | null
  cutAt: number
}

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * How many sessions the store holds, endings included. A full store refuses new sessions with an error. It does not evict,
   * because that would sign a user out. 100,000 small sessions of users take about 90 MB, of guests about 50 MB.
   *
   * @default 100_000
   */
  max?: number | undefined
  /** Returns the time in epoch milliseconds, for cutoffs; for tests. @default Date.now */
  now?: (() => number) | undefined
}

/**
 * Keeps sessions in this process's memory, for development and tests. A restart signs all users out, and other processes do
 * not see the sessions. It therefore warns once if `NODE_ENV` is `production`.
 *
 * If the store is full, `create` rejects with an error that says so. Sessions in the store keep working.
 *
 * @throws `ERR_OPTIONS` if `max` is not a whole number of at least 1.
 */
// One function, because every method works on the same units. No method awaits anything, so each call is atomic.
export function memoryStore({ max = 100_000, now = Date.now }: MemoryStoreOptions = {}): SessionStore {
  if (!Number.isInteger(max) || max < 1)
    throw new SojournError('ERR_OPTIONS', `max is ${max}; use a whole number of at least 1.`)
  warnInProduction()
  const users = new Map<string, MemoryUnit>()
  const guests = createUnit(null)
  const watchers = new Set<(notice: SessionNotice) => void>()
  let size = 0

  /** Returns the unit of a user. A new one is in the store only after `addUnit`. */
  const unitOf = (userId: string | null): MemoryUnit =>
    userId === null ? guests : (users.get(userId) ?? createUnit(userId))
  const addUnit = (unit: MemoryUnit): void => void (unit.userId !== null && users.set(unit.userId, unit))

  function putEnding({ userId, entries }: MemoryUnit, id: string, ending: Ending): void {
    entries.set(id, Object.freeze(copyEnding(ending)))
    notifyWatchers({ id, isGuest: userId === null, ended: ending.ended })
  }

  function notifyWatchers(notice: SessionNotice): void {
    for (const onNotice of watchers) queueMicrotask(() => void (watchers.has(onNotice) && onNotice(notice)))
  }

  return {
    create: withPromise((record, options = {}) => {
      const unit = unitOf(record.userId)
      const plan = planCreate(unit, record, unit === guests ? {} : options) // a limit is for a user's sessions
      if (plan.result !== 'created') return plan
      if (size >= max) throw new Error(fullMessage(max))
      size++
      for (const id of plan.ended) putEnding(unit, id, options.limit!.ending!)
      unit.entries.set(record.id, freezeRecord(record))
      addUnit(unit)
      return plan
    }),

    read: withPromise(({ id, userId }) => unitOf(userId).entries.get(id) ?? null),

    update: withPromise(({ id, userId }, held, change) => {
      const unit = unitOf(userId)
      const record = changeRecord(unit, id, held, change)
      if (record === null) return null
      unit.entries.set(id, freezeRecord(record, unit.entries.get(id) as SessionRecord))
      const { secretHash } = change
      if (secretHash !== undefined)
        notifyWatchers({ id, isGuest: userId === null, replacedHash: held.secretHash, secretHash })
      return record.version
    }),

    end: withPromise(({ id, userId }, ending) => {
      const unit = unitOf(userId)
      if (liveRecord(unit.entries, id) === undefined) return false
      putEnding(unit, id, ending)
      return true
    }),

    async endAll(userId, ending, except = null) {
      const unit = unitOf(userId)
      const others = planEndAll(unit, except)
      if (others === null) return notDone
      unit.cutoff = { at: now(), spared: except?.id ?? null, expiresAt: ending.expiresAt }
      unit.cutAt = performance.now()
      addUnit(unit)
      for (const { id } of others) putEnding(unit, id, ending)
      const ended = others.filter(({ expiresAt }) => expiresAt > ending.endedAt).map(({ id }) => id)
      return { isDone: true, ended, isConfirmed: true }
    },

    async list(userId) {
      return [...liveRecords(unitOf(userId).entries)].map(infoOf)
    },

    async sweep(before) {
      let swept = 0
      for (const unit of [...users.values(), guests]) {
        const { userId, entries, cutoff } = unit
        for (const [id, { expiresAt }] of entries) {
          if (expiresAt >= before) continue
          entries.delete(id)
          size--
          if (++swept === sweepSize) return swept
        }
        if (cutoff !== null && cutoff.expiresAt < before) {
          unit.cutoff = null
          swept++
        }
        if (userId !== null && entries.size === 0 && unit.cutoff === null) users.delete(userId)
      }
      return swept
    },

    async *all() {
      // Iterate over copies: an entry that is deleted and added again meanwhile would come twice.
      for (const { userId, entries, cutoff } of [...users.values(), guests]) {
        if (userId !== null && cutoff !== null) yield { userId, cutoff }
        for (const [id, found] of Array.from(entries)) yield { key: { id, userId }, found }
      }
    },

    async putCutoff(userId, { at, spared, expiresAt }) {
      const unit = unitOf(userId)
      if ((unit.cutoff?.at ?? 0) >= at) return
      unit.cutoff = { at, spared, expiresAt }
      unit.cutAt = performance.now() - (now() - at)
      addUnit(unit)
    },

    watch(onNotice) {
      // A function of its own, so that one callback can be added twice and removed once.
      const watcher = (notice: SessionNotice) => onNotice(notice)
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
  }
}

const createUnit = (userId: string | null): MemoryUnit => ({ userId, entries: new Map(), cutoff: null, cutAt: 0 })

/** How many entries one call of `sweep` removes at most. */
const sweepSize = 1000

const notDone = { isDone: false, ended: [], isConfirmed: true }

/**
 * Copies a record and freezes the copy, so that callers cannot change the stored session.
 *
 * @param former the stored record before. The parts that both share are frozen already
 */
function freezeRecord(record: SessionRecord, former?: SessionRecord): SessionRecord {
  const { methods, data } = record
  const freezeMethods = () => Object.freeze(methods.map(([name, at]) => Object.freeze([name, at] as const)))
  // Not a spread: Node 20 gives each frozen spread a hidden class of its own, which is larger than a small session.
  const copy = Object.assign({}, record, {
    methods: methods === former?.methods ? methods : freezeMethods(),
    data: data === former?.data ? data : Object.freeze(mergeTexts(data)),
  })
  return Object.freeze(copy)
}

const fullMessage = (max: number): string =>
  `The memory store is full: it holds ${max} sessions, its max. Use sqliteStore(…) for more, or raise max.`

function warnInProduction(): void {
  if (process.env['NODE_ENV'] !== 'production') return
  warnOnce(
    'memoryStore keeps sessions in this process: they are lost on restart and not shared with other processes. Use sqliteStore(…).',
  )
}
