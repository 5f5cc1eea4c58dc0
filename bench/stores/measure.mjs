import { median } from '../run/figures.mjs'

const maxKept = 5000
const inFlight = 200
const maxMs = 250 // of one operation in a round, if the disk is slow

/**
 * Returns the functions of a subject that measure a store. `clock` adds up the time of its calls. `signIn` takes a user and a
 * size, and resolves to a session, which `signOut` and the other operations take.
 */
export function measureStore({ clock, signIn, signOut, operations }) {
  let sessions = []
  let nextUser = 1e9

  /** Resolves to the median of the microseconds, because other processes interrupt a few calls for long. */
  async function timeCalls(count, run) {
    const startedAt = performance.now()
    const times = []
    while (times.length < count && performance.now() - startedAt < maxMs) {
      clock.ms = 0
      await run()
      times.push(clock.ms * 1000)
    }
    return median(times)
  }

  return {
    /** Each user has three sessions. */
    async fill(count, size) {
      sessions = await createMany(count, (index) => signIn(`user-${Math.floor(index / 3)}`, size))
      await operations.read(pickFrom(sessions))
    },
    /** Resolves to the time of each operation. Each call is awaited before the next. */
    async measure(count) {
      const columns = {}
      for (const [name, run] of Object.entries(operations)) {
        columns[name] = await timeCalls(count, () => run(pickFrom(sessions)))
      }
      const created = []
      columns['sign-in'] = await timeCalls(count, async () => created.push(await signIn(`${nextUser++}`, 'small')))
      columns['sign-out'] = await timeCalls(created.length, () => signOut(created.pop()))
      return columns
    },
  }
}

/**
 * Creates many sessions at a time. Returns a part of what `create` resolves to, evenly spread, because a million cookies
 * would fill the memory.
 */
export async function createMany(count, create) {
  const kept = []
  const step = Math.ceil(count / maxKept)
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const created = await create(index)
      if (index % step === 0) kept.push(created)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return kept
}

/** Wraps a store so that the clock adds up the time of its calls. */
export const timeStore = (store, clock) =>
  new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...args) => {
        const startedAt = performance.now()
        const end = () => (clock.ms += performance.now() - startedAt)
        const result = method.apply(target, args)
        if (typeof result?.then === 'function') result.then(end, end)
        else end()
        return result
      }
    },
  })

const pickFrom = (items) => items[Math.floor(Math.random() * items.length)]
