import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { createSessions, type Session, type SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { signedInAs } from '../../src/testing/testing.ts'
import { sqliteFiles } from '../support/sqlite-files.ts'
import { secrets, signedIn } from '../support/sessions.ts'
import { storeWorld, testStore } from '../support/stores.ts'
import { inTime, lateness, serverOn, untilFired, watchedOn } from '../support/watching.ts'

const { opened } = sqliteFiles()

// It is loaded for the first watcher, by no clock of a test.
beforeAll(() => import('../../src/repository/watch.ts'))

/** Lets a second pass, by a clock that stands still otherwise, and what is asked meanwhile be answered. */
const aSecond = () => vi.advanceTimersByTimeAsync(1000)

describe('watching', () => {
  it('asks for each session once, and for few at a time', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'setImmediate'] })
    try {
      const { watch: _, ...store } = testStore()
      const world = storeWorld({}, store)
      const sessions = await Promise.all(
        Array.from({ length: 100 }, async () => world.sessions.open((await signedIn(world)).cookie)),
      )
      for (const session of [...sessions, ...sessions, ...sessions]) world.sessions.watch(session)
      await aSecond()
      store.calls.length = 0
      await vi.advanceTimersByTimeAsync(750)
      expect(store.calls).toHaveLength(100)

      store.calls.length = 0
      store.hang(['read'])
      await vi.advanceTimersByTimeAsync(100)
      await vi.advanceTimersByTimeAsync(700)
      expect(store.calls.length).toBeLessThanOrEqual(40)
      store.heal()
    } finally {
      vi.useRealTimers()
    }
  })

  it('rejects at once without a session, or without a store', async () => {
    const stored = createSessions({ secrets, store: memoryStore() })
    expect(() => stored.watch({} as Session)).toThrow(TypeError)
    const sessions = createSessions({ secrets })
    const session = await sessions.open(null)
    expect(() => sessions.watch(session)).toThrow(expect.objectContaining({ code: 'ERR_NO_STORE' }))
  })

  it('holds nothing of what has closed', async () => {
    const inner = memoryStore()
    let watching = 0
    const counting: SessionStore = {
      ...inner,
      watch(...callbacks) {
        watching++
        const stop = inner.watch!(...callbacks)
        return () => {
          watching--
          stop()
        }
      },
    }
    const sessions = serverOn(counting)
    const several = await Promise.all(Array.from({ length: 50 }, () => watchedOn(sessions)))
    await pause(10)
    expect(watching).toBe(1)
    for (const { leave } of several) leave()
    await expect.poll(() => watching).toBe(0)
    const session = await sessions.open(null)
    session.signIn('ada')
    await sessions.commit(session)
    const signal = sessions.watch(session)
    await pause(10)
    await sessions.revoke('ada', session.id!)
    await untilFired(signal)
    await expect.poll(() => watching).toBe(0)
  })

  it('releases ten thousand signals once what was open has closed, and all that was kept for them', async () => {
    const store = memoryStore()
    let held = 0
    const counting: SessionStore = {
      ...store,
      watch(...watching) {
        held++
        const stop = store.watch!(...watching)
        return () => {
          held--
          stop()
        }
      },
    }
    const sessions = serverOn(counting)
    const until = new AbortController()
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    const released: WeakRef<AbortSignal>[] = []
    for (let count = 0; count < 100; count++) {
      const session = await sessions.open(await signedInAs(sessions, 'ada'))
      for (let more = 0; more < 100; more++) {
        released.push(new WeakRef(sessions.watch(session, { until: until.signal })))
      }
    }
    await pause(10)
    collect()
    expect([held, eventListeners(until.signal)]).toEqual([1, 1])
    process.off('warning', warn)
    expect(warnings).toEqual([])
    // Only the watch holds these.
    expect(released.every((each) => each.deref() !== undefined)).toBe(true)
    await pause(10)
    until.abort()
    await expect.poll(() => held).toBe(0)
    collect()
    await pause(10)
    collect()
    // The last ones may still be on the stack.
    expect(released.filter((each) => each.deref() !== undefined).length).toBeLessThan(5)
  })

  it('knows within a second what another connection to a SQLite has ended', async () => {
    const { store, file, db } = opened()
    const other = opened(file)
    const watched = await watchedOn(serverOn(store))
    await pause(50)
    await serverOn(other.store).revoke(watched.userId, watched.session.id!)
    expect(await lateness(watched)).toBeLessThan(inTime)
    expect(watched.signal.reason).toBe('revoked')
    for (const each of [db, other.db]) each.close()
  })
})

/** Collects what nobody can reach. */
const collect = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()

/** How many listen to a signal, as Node keeps them. */
function eventListeners(signal: AbortSignal): number {
  const kept = Object.getOwnPropertySymbols(signal).find((symbol) => symbol.description === 'kEvents')
  const events: Map<string, { size: number }> = Reflect.get(signal, kept!)
  return events.get('abort')?.size ?? 0
}
