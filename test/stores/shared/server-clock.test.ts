import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createServerClock } from '../../../src/stores/shared/server-clock.ts'

const hour = 3_600_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_700_000_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A server whose clock is ahead of ours; each answer takes its time, half of it there and half back. */
function serverAhead(by: number, takes = 0) {
  const server = {
    by,
    asked: 0,
    async ask() {
      server.asked++
      vi.advanceTimersByTime(takes / 2)
      const time = Date.now() + server.by
      vi.advanceTimersByTime(takes / 2)
      return time
    },
  }
  return server
}

it.each([0, hour, -hour, 24 * 365 * hour])(
  'converts an instant to the clock of a server that is %i ms ahead',
  async (by) => {
    const server = serverAhead(by)
    const clock = createServerClock(server.ask)
    expect(await clock.toServerTime(Date.now() + 250)).toBe(Date.now() + 250 + by)
  },
)

it('asks once, for all who wait, and again only where the server said nothing for long', async () => {
  const server = serverAhead(hour)
  const clock = createServerClock(server.ask)
  await Promise.all([clock.toServerTime(1), clock.toServerTime(2), clock.toServerTime(3)])
  expect(server.asked).toBe(1)
  vi.advanceTimersByTime(5 * 60_000)
  clock.observe(Date.now() + hour)
  vi.advanceTimersByTime(9 * 60_000)
  await clock.toServerTime(1)
  expect(server.asked).toBe(1)
  vi.advanceTimersByTime(2 * 60_000)
  await clock.toServerTime(1)
  expect(server.asked).toBe(2)
})

it('asks again after an answer that did not come', async () => {
  let fails = true
  const server = serverAhead(hour)
  const clock = createServerClock(async () => {
    if (fails) throw new Error('down')
    return server.ask()
  })
  await expect(clock.toServerTime(1)).rejects.toThrow('down')
  fails = false
  expect(await clock.toServerTime(Date.now())).toBe(Date.now() + hour)
})

it('never takes the server for further ahead than it is, and learns from the quickest answer', async () => {
  const server = serverAhead(hour, 2000)
  const clock = createServerClock(server.ask)
  const before = Date.now()
  expect(await clock.toServerTime(before)).toBe(before + hour - 1000)
  clock.observe(Date.now() + hour - 3, performance.now() - 6)
  expect(await clock.toServerTime(Date.now())).toBe(Date.now() + hour - 3)
  clock.observe(Date.now() + hour - 500, performance.now() - 1000)
  expect(await clock.toServerTime(Date.now())).toBe(Date.now() + hour - 3)
})

it('notices that the server’s clock was set back, or on', async () => {
  const server = serverAhead(0)
  const clock = createServerClock(server.ask)
  await clock.toServerTime(1)
  clock.observe(Date.now() - hour, performance.now() - 10)
  expect(await clock.toServerTime(Date.now())).toBe(Date.now() - hour)
  clock.observe(Date.now() + hour, performance.now() - 10)
  expect(await clock.toServerTime(Date.now())).toBe(Date.now() + hour)
})

it('is not misled by a clock of ours that is set', async () => {
  const server = serverAhead(0)
  const clock = createServerClock(server.ask)
  await clock.toServerTime(1)
  const before = Date.now()
  vi.setSystemTime(before + hour)
  expect(await clock.toServerTime(Date.now() + 250)).toBe(before + 250)
})
