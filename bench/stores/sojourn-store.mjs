import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { cookieHeader } from '../cookies.mjs'
import { samples } from '../sample-data.mjs'
import { createSealed } from '../sojourn.mjs'
import { createMany, medianOf, pickFrom, userOf } from './fill.mjs'

let nextUser = 1e9

/**
 * Returns the functions of a subject that measure a store of Sojourn. They use it through `createSessions`, and add up the
 * time that the store itself takes, so that they depend on no version of the stores' contract. Only `sweep` calls the
 * store.
 *
 * @param {object} [rest] more functions
 */
export async function measureSojourn(store, rest) {
  const clock = { ms: 0 }
  const timed = timeCalls(store, clock)
  let age = 0
  const now = () => Date.now() - age
  const sessions = await createSealed({ store: timed, now, storeTimeout: 30 })
  const touching = await createSealed({ store: timed, now, storeTimeout: 30, touchAfter: 0 })
  let cookies = []

  async function signIn(userId, size) {
    const session = await sessions.open(undefined)
    session.signIn(userId)
    Object.assign(session.data, samples[size].create())
    return cookieHeader((await sessions.commit(session)).getSetCookie())
  }

  /** Resolves to the store's milliseconds for a part of a request: its opening, or its end after `act`. */
  async function timeRequest(cookie, act, own = sessions) {
    const session = await own.open(cookie)
    if (session.userId === null) throw new Error('A session of the fill is gone')
    if (!act) return
    clock.ms = 0
    act(session)
    await own.commit(session)
  }

  const operations = {
    read: () => timeRequest(pickFrom(cookies)),
    change: () => timeRequest(pickFrom(cookies), ({ data }) => (data.personId = Math.random())),
    touch: () => timeRequest(pickFrom(cookies), ({ data }) => data.personId, touching),
    list: () => sessions.list(userOf(Math.floor(Math.random() * cookies.length))),
  }
  const timeOf = async (run) => {
    clock.ms = 0
    await run()
    return clock.ms * 1000
  }
  return {
    async fill(count, size) {
      cookies = await createMany(count, (index) => signIn(userOf(index), size))
    },
    /** Resolves to the microseconds of a call by operation, each awaited before the next. */
    async measure(count) {
      const result = {}
      for (const [name, run] of Object.entries(operations)) result[name] = await medianOf(count, () => timeOf(run))
      const created = []
      const begin = async () => created.push(await signIn(String(nextUser++), 'small'))
      const end = () => timeRequest(created.pop(), (session) => session.signOut())
      result['sign-in'] = await medianOf(count, () => timeOf(begin))
      result['sign-out'] = await medianOf(created.length, () => timeOf(end))
      return result
    },
    /** Adds sessions that have expired. */
    async fillExpired(count) {
      age = 90 * 86_400_000
      await createMany(count, (index) => signIn(`old-${index}`, 'small'))
      age = 0
    },
    sweep: () => measureSweep(store),
    ...rest,
  }
}

/** Wraps a store so that the clock adds up the time of its calls. */
function timeCalls(store, clock) {
  return new Proxy(store, {
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
}

/** Resolves to the seconds of a sweep, and the longest time for which it blocked the process in milliseconds. */
async function measureSweep(store) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await sleep(10) // the monitor compares each tick with the one before
  const startedAt = performance.now()
  do
    await setImmediate() // between two steps, others have a turn, as when Sojourn sweeps
  while ((await store.sweep(Date.now() - 30 * 86_400_000)) > 0)
  const seconds = (performance.now() - startedAt) / 1000
  await sleep(10) // the monitor notes a delay only after it
  delay.disable()
  return { seconds, 'longest pause': delay.max / 1e6 }
}
