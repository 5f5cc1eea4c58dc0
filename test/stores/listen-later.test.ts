import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { listenLater } from '../../src/stores/common/listen-later.ts'
import * as loaded from '../../src/stores/common/listening.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'setImmediate'] }))
afterEach(() => void vi.useRealTimers())

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

/** What listens, by a broadcast that works; and how much of it there is. */
function world() {
  const heard = new Map<string, (text: string) => void>()
  const broadcast = {
    async publish(self: string, text: string) {
      heard.get(self)?.(text)
    },
    async subscribe(self: string, hear: (text: string) => void) {
      heard.set(self, hear)
      return () => void heard.delete(self)
    },
  }
  const state = { canLoad: true, loads: 0 }
  const listening = listenLater(broadcast, async () => {
    state.loads++
    if (!state.canLoad) throw new Error('EMFILE: too many open files')
    return loaded
  })
  return { state, heard, listening }
}

it('calls back, often enough, where what listens cannot be loaded', async () => {
  const { state, listening } = world()
  state.canLoad = false
  const calls = { one: 0, left: 0 }
  listening.watch('one', () => calls.one++)
  const leave = listening.watch('two', () => calls.left++)
  await pass(0)
  expect(calls).toEqual({ one: 1, left: 1 })
  leave()
  for (let tries = 0; tries < 5; tries++) {
    const { one } = calls
    await pass(750)
    expect(calls.one).toBeGreaterThan(one)
  }
  expect(calls.left).toBe(1)
  // Node would not load it either.
  expect(state.loads).toBe(1)
})

it('loads nothing until somebody watches, and once', async () => {
  const { state, listening } = world()
  await pass(1000)
  expect(state.loads).toBe(0)
  listening.watch('one', () => {})
  listening.watch('two', () => {})
  await vi.waitFor(() => expect(state.loads).toBe(1))
})

it.each([
  [10_000, true],
  [100, false],
])('waits for nothing once it is closed, or all %s have left, and it could be loaded: %s', async (count, canLoad) => {
  for (const end of ['close', 'leave']) {
    const { state, heard, listening } = world()
    state.canLoad = canLoad
    const stops = Array.from({ length: count }, (_, id) => listening.watch(`${id}`, () => {}))
    await pass(1000)
    if (end === 'close') await listening.close()
    else for (const stop of stops) stop()
    await pass(1000)
    expect([end, heard.size, vi.getTimerCount()]).toEqual([end, 0, 0])
  }
})
