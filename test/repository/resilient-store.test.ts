import { describe, expect, it, vi } from 'vitest'
import { createEvents } from '../../src/core/events.ts'
import { resilientStore } from '../../src/repository/resilient-store.ts'
import { SojournError, type SessionEvent, type SessionRecord, type SessionStore } from '../../src/index.ts'
import { TooLate } from '../../src/stores/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { copyWorld, stopTime, timeOf, wait } from '../support/outages.ts'
import { request } from '../support/sessions.ts'
import { gone, testStore } from '../support/stores.ts'

const record: SessionRecord = {
  id: 'an-id',
  secretHash: 'a-hash',
  version: 1,
  userId: 'ada',
  createdAt: 1,
  signedInAt: 1,
  lastSeenAt: 1,
  expiresAt: 2 ** 43,
  remember: true,
  label: null,
  idleTimeout: null,
  absoluteTimeout: null,
  methods: [],
  data: {},
}
const change = { set: { n: '1' }, unset: [], lastSeenAt: 2, expiresAt: 2 ** 43 }
const ending = { ended: 'signed-out', endedAt: 3, expiresAt: 2 ** 43 } as const

const guard = (store: SessionStore, timeout = 0.25) =>
  resilientStore(
    store,
    createEvents(() => {}),
    timeout,
  )

/** A store that says of its first writes that they came too late. */
function lateStore(times: number) {
  const inner = memoryStore()
  const untils: (number | undefined)[] = []
  const asked = async <Answer>(until: number | undefined, work: () => Promise<Answer>): Promise<Answer> => {
    untils.push(until)
    if (untils.length <= times) throw new TooLate('late')
    return work()
  }
  const store: SessionStore = {
    ...inner,
    create: async (made, options, until) => asked(until, () => inner.create(made, options)),
    update: async (key, held, changed, until) => asked(until, () => inner.update(key, held, changed)),
    end: async (key, ended, until) => asked(until, () => inner.end(key, ended)),
  }
  return { store, untils }
}

describe('every write', () => {
  it.each([0.25, 2])('passes on when its caller stops waiting, some %d s from now', async (timeout) => {
    const { store, untils } = lateStore(0)
    const kept = guard(store, timeout)
    const before = Date.now()
    await kept.create(record)
    await kept.update(record, record, change)
    await kept.end(record, ending)
    const after = Date.now()

    expect(untils).toHaveLength(3)
    for (const until of untils) {
      expect(until).toBeGreaterThanOrEqual(before + timeout * 1000)
      expect(until).toBeLessThanOrEqual(after + timeout * 1000)
    }
  })

  it('that came too late is sent again, with a new deadline, and is done once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { store, untils } = lateStore(2)
    const asked = vi.fn(store.create)
    const creating = guard({
      ...store,
      async create(...args) {
        vi.advanceTimersByTime(40)
        return asked(...args)
      },
    })
    try {
      expect(await creating.create(record)).toEqual({ result: 'created', ended: [] })
    } finally {
      vi.useRealTimers()
    }

    expect(asked).toHaveBeenCalledTimes(3)
    expect(untils[1]! - untils[0]!).toBe(40)
    expect(untils[2]! - untils[1]!).toBe(40)
  })

  it('that is always too late is given up in time, and the process continues meanwhile', async () => {
    const { store, untils } = lateStore(Infinity)
    const kept = guard(store, 0.05)
    let turns = 0
    const turning = setInterval(() => turns++, 1)
    await expect(kept.create(record)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
    clearInterval(turning)
    const asked = untils.length
    await new Promise((resolve) => setTimeout(resolve, 30))

    expect(turns).toBeGreaterThan(3)
    expect(untils.length).toBeLessThanOrEqual(asked + 1)
  })
})

it('an answer that nobody waited for any more says nothing of whether the store is up', async () => {
  const store = testStore()
  const kept = guard(store, 0.02)
  store.hang(['read'])
  for (let times = 0; times < 5; times++) await expect(kept.read(record)).rejects.toThrow('did not answer')
  store.heal()
  await new Promise((resolve) => setTimeout(resolve, 20))

  expect(kept.isDown()).toBe(true)
})

it('the error of a driver is the cause, and is shown to no visitor', async () => {
  const store = testStore()
  store.fail()
  const rejected = await Promise.resolve(guard(store).read(record)).catch((error: unknown) => error as Error)

  expect(rejected).toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', status: 503, cause: gone })
})

it('session data that a store refuses is reported as it is, and means neither that the store is down nor full', async () => {
  const cause = new SojournError('ERR_DATA', 'The session takes 2 MB, and has 1 MB.')
  const events: SessionEvent[] = []
  const store = testStore()
  const refusing = { ...store, create: async () => Promise.reject(cause), update: async () => Promise.reject(cause) }
  const kept = resilientStore(
    refusing,
    createEvents((event) => events.push(event)),
    0.25,
  )
  for (let times = 0; times < 12; times++) {
    await expect(kept.create(record)).rejects.toBe(cause)
    await expect(kept.update(record, record, change)).rejects.toBe(cause)
  }

  expect(kept.isDown()).toBe(false)
  expect(events).toEqual([])
  // Nor is it a miss between others.
  store.fail(['read'], 'before', 4)
  for (let times = 0; times < 4; times++) await expect(kept.read(record)).rejects.toThrow('did not answer')
  await expect(kept.create(record)).rejects.toBe(cause)
  expect(kept.isDown()).toBe(false)
})

it('a store that throws before it answers, or what is no error, is one that does not answer', async () => {
  for (const cause of [gone, 'no', null]) {
    const fails = (): never => {
      // oxlint-disable-next-line no-throw-literal -- as clients do
      throw cause
    }
    const kept = guard({ ...memoryStore(), create: fails, read: fails })
    await expect(kept.read(record)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', cause })
    await expect(kept.create(record)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', cause })
  }
})

it('sweeping is left while the store is down, and its failure is no miss', async () => {
  const store = testStore({ ...memoryStore(), sweep: async () => Promise.reject(gone) })
  const kept = guard(store)
  for (let times = 0; times < 10; times++) await expect(kept.sweep!(1)).rejects.toBe(gone)
  expect(kept.isDown()).toBe(false)
  store.fail()
  for (let times = 0; times < 5; times++) await Promise.resolve(kept.read(record)).catch(() => {})

  expect(await kept.sweep!(1)).toBe(0)
})

describe('a request that has waited as long as it may', () => {
  stopTime()

  it('is refused, however many questions it asked', async () => {
    const visited = copyWorld({ storeTimeout: 0.02 })
    await visited.sessions.open(null) // loads what asks the store
    visited.store.hang()
    const asking = request(visited.sessions, null, (session) => session.signIn('ada'))

    expect(await timeOf(asking)).toBeLessThanOrEqual(45)
    await expect(asking).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
  })

  it('does not use up the one call in a second, so the next request finds that the store is back', async () => {
    const store = testStore()
    const kept = guard(store)
    const request = { at: 0, count: 1, monotonic: 0 }
    const fail = async (asking?: typeof request) => expect(kept.read(record, asking)).rejects.toThrow(SojournError)
    store.hang()
    for (const asking of [request, request, undefined, undefined, undefined])
      await Promise.all([fail(asking), wait(0.4)])
    expect(kept.isDown()).toBe(true)
    store.heal()
    await wait(2)
    store.calls.length = 0

    await fail(request)
    await expect(kept.read(record)).resolves.toBe(null)
    expect(store.calls).toEqual(['read'])
  })
})
