import { memoryStore } from '../../src/stores/memory.ts'
import type { SessionKey, SessionNotice, SessionStore, StoreEntry } from '../../src/stores/store.ts'
import type { Losses, Place } from '../../src/testing/simulation/place.ts'
import { Random } from '../../src/testing/simulation/random.ts'
import { epoch, type Machine, now, runAs } from '../../src/testing/simulation/time.ts'

/** A database that can lose data: the real memory store, one for each user, so that a user's sessions can be evicted. */
export interface Database extends Losses {
  /** The store's operations. Each happens at once, by the clock of the database. */
  readonly store: SessionStore
  /** The last letters of the time for its clock. */
  readonly machine: Machine
}

type Write = (store: SessionStore) => Promise<unknown>

export const unitOf = ({ id, userId }: SessionKey): string => userId ?? id

/** Creates a place with a database in memory, to which all servers have a simulated way. */
export function createPlace(name: string, clockAhead: number): Place {
  const listeners = new Set<(notice: SessionNotice) => void>()
  const database = createDatabase(name, clockAhead, (notice) => listeners.forEach((listener) => listener(notice)))
  return {
    name,
    machine: database.machine,
    isReal: false,
    storeOf: () => database.store,
    subscribe(_server, onNotice) {
      listeners.add(onNotice)
      return () => listeners.delete(onNotice)
    },
    losses: database,
    faults: new Set(),
    generation: 0,
    filledAt: -1,
  }
}

/** @param clockAhead how far its clock is ahead of true time, in milliseconds */
export function createDatabase(name: string, clockAhead: number, onNotice: (notice: SessionNotice) => void): Database {
  /** Replaced while a replica does again what it had received. */
  let instant = now
  const machine = {
    name,
    wall: () => Math.floor(epoch() + instant() + clockAhead),
    // The monotonic clock of the database is true time, also for what is done again. Not a getter, which would make this object slow.
    startedAt: 0,
    isStopped: false,
  }
  const context = { machine, random: new Random(0) }
  let units = new Map<string, SessionStore>()
  let log: { readonly at: number; readonly unit: string; readonly write: Write | null }[] = []
  let isSilent = false

  function storeOf(unit: string): SessionStore {
    let store = units.get(unit)
    if (store === undefined) {
      store = memoryStore({ now: machine.wall })
      store.watch!((notice) => void (isSilent || notice === null || onNotice(notice)))
      units.set(unit, store)
    }
    return store
  }

  const write = <Answer>(unit: string, call: (store: SessionStore) => Promise<Answer>): Promise<Answer> => {
    log.push({ at: instant(), unit, write: call })
    return runAs(context, () => call(storeOf(unit)))
  }
  const remove = (unit: string): void => {
    log.push({ at: instant(), unit, write: null })
    units.delete(unit)
  }

  return {
    machine,
    store: {
      create: (record, options) => write(unitOf(record), (store) => store.create(record, options)),
      read: (key) => runAs(context, () => storeOf(unitOf(key)).read(key)),
      update: (key, held, change) => write(unitOf(key), (store) => store.update(key, held, change)),
      end: (key, ending) => write(unitOf(key), (store) => store.end(key, ending)),
      endAll: (userId, ending, except) => write(userId, (store) => store.endAll(userId, ending, except)),
      list: (userId) => runAs(context, () => storeOf(userId).list(userId)),
      putCutoff: (userId, cutoff) => write(userId, (store) => store.putCutoff!(userId, cutoff)),
      async *all(): AsyncGenerator<StoreEntry> {
        for (const store of Array.from(units.values())) yield* store.all!()
      },
    },
    evict: remove,
    clear: () => Array.from(units.keys()).forEach(remove),
    rollBackTo(until) {
      const kept = log.filter(({ at }) => at <= until)
      units = new Map()
      log = kept
      isSilent = true
      for (const { at, unit, write } of kept) {
        instant = () => at
        machine.startedAt = now() - at
        if (write === null) units.delete(unit)
        else void runAs(context, () => write(storeOf(unit)))
      }
      instant = now
      machine.startedAt = 0
      queueMicrotask(() => queueMicrotask(() => (isSilent = false)))
    },
    units: () => [...units.keys()],
  }
}
