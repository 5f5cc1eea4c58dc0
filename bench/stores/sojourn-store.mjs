import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { cookieHeader } from '../cookies.mjs'
import { samples } from '../sample-data.mjs'
import { createSealed } from '../sojourn.mjs'
import { createMany, measureStore, timeStore } from './measure.mjs'

/**
 * Returns the functions of a subject that measure a store of Sojourn. They use it through `createSessions`, so that they
 * depend on no version of the stores' contract. Only `sweep` calls the store.
 */
export async function measureSojournStore(store) {
  const clock = { ms: 0 }
  let age = 0
  const options = { store: timeStore(store, clock), now: () => Date.now() - age, storeTimeout: 30 }
  const sessions = await createSealed(options)
  const touching = await createSealed({ ...options, touchAfter: 0 })

  async function signIn(userId, size) {
    const session = await sessions.open(undefined)
    session.signIn(userId)
    Object.assign(session.data, samples[size].create())
    return { userId, cookie: cookieHeader((await sessions.commit(session)).getSetCookie()) }
  }

  async function open({ cookie }, own = sessions) {
    const session = await own.open(cookie)
    if (session.userId === null) throw new Error('A session of the fill is gone')
    return session
  }

  /** Opens a session, and counts only the end of its request, after `act`. */
  async function change(created, act, own = sessions) {
    const session = await open(created, own)
    clock.ms = 0
    act(session)
    await own.commit(session)
  }

  return {
    ...measureStore({
      clock,
      signIn,
      signOut: (created) => change(created, (session) => session.signOut()),
      operations: {
        read: (created) => open(created),
        change: (created) => change(created, ({ data }) => (data.personId = Math.random())),
        touch: (created) => change(created, ({ data }) => data.personId, touching),
        list: ({ userId }) => sessions.list(userId),
      },
    }),
    /** Adds sessions that have expired. */
    async fillExpired(count) {
      age = 90 * 86_400_000
      await createMany(count, (index) => signIn(`old-${index}`, 'small'))
      age = 0
    },
    sweep: () => measureSweep(store),
  }
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
