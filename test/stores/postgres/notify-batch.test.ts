import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createNotifyBatch } from '../../../src/stores/postgres/notify-batch.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)

/** A database that fails while a test says so. */
function database() {
  const state = { fails: false, sent: [] as string[], tries: 0, losses: 0 }
  const send = async (notices: string[]) => {
    state.tries++
    if (state.fails) throw new Error('terminating connection')
    state.sent.push(...notices)
  }
  return { state, notifications: createNotifyBatch(send, () => state.losses++) }
}

it('sends a notice again if the statement failed, before later ones', async () => {
  const { state, notifications } = database()
  state.fails = true
  await notifications.add('one')
  await notifications.add('two')
  await seconds(3)
  expect(state.sent).toEqual([])
  state.fails = false
  await seconds(10)

  expect([state.sent, state.losses]).toEqual([['one', 'two'], 0])
})

it('reports once that notices are lost if the database answers none for a minute, and sends those that come afterwards', async () => {
  const { state, notifications } = database()
  state.fails = true
  for (const notice of ['one', 'two']) {
    await notifications.add(notice)
    await seconds(120)
  }
  expect([state.sent, state.losses]).toEqual([[], 1])
  expect(state.tries).toBeLessThan(40)
  state.fails = false
  await notifications.add('three')
  await seconds(0)

  expect(state.sent).toEqual(['three'])
})

it('reports once that notices are lost if more than 10,000 wait', async () => {
  const { state, notifications } = database()
  state.fails = true
  await notifications.add('first')
  for (let count = 0; count < 10_010; count++) void notifications.add(`${count}`)
  await seconds(1)
  state.fails = false
  await seconds(10)

  expect([state.sent.length, state.losses]).toEqual([10_000, 1])
})

it('waits for no retry at the end', async () => {
  const { state, notifications } = database()
  state.fails = true
  await notifications.add('one')
  state.fails = false
  await notifications.drain()
  expect(state.sent).toEqual(['one'])

  state.fails = true
  await notifications.add('two')
  await notifications.drain()
  expect(state.losses).toBe(1)
})
