import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPubSubListener } from '../../../src/stores/shared/pubsub-listener.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'setImmediate'] }))
afterEach(() => void vi.useRealTimers())

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

/** A broadcast of which a test says what gets through. */
function network(answers = Promise.resolve()) {
  const open = new Set<{ name: string; onMessage: (text: string) => void; lost: () => void }>()
  const net = {
    canPublish: true,
    canSubscribe: true,
    delivers: true,
    answers,
    published: 0,
    opened: 0,
    subscriptions: open,
  }
  const say = (text: string) => {
    for (const { onMessage } of open) onMessage(text)
  }
  const listening = createPubSubListener({
    async publish(self, text) {
      if (!net.canPublish) throw new Error('NOPERM')
      net.published++
      if (net.delivers) for (const { onMessage, name } of open) if (name === self) onMessage(text)
      return net.answers
    },
    async subscribe(name, onMessage, lost) {
      if (!net.canSubscribe) throw new Error('ECONNREFUSED')
      net.opened++
      const one = { name, onMessage, lost }
      open.add(one)
      return () => void open.delete(one)
    },
  })
  const calls = { one: 0, two: 0 }
  const lost = { one: 0 }
  const stops = [
    listening.watch(
      (notice) => void ((notice === null || notice.id === 'one') && calls.one++),
      () => lost.one++,
    ),
    listening.watch((notice) => void ((notice === null || notice.id === 'two') && calls.two++)),
  ]
  return { ...net, net, listening, calls, lost, stops, say }
}

const ended = (id: string) => JSON.stringify({ id, isGuest: false, ended: 'revoked' })

it('passes on each published notice, and says when its subscription starts that some may be missing', async () => {
  const { net, calls, say } = network()
  await pass(0)
  expect(calls).toEqual({ one: 1, two: 1 })
  say(ended('one'))
  say(ended('three'))
  say('{"id":"one","isGuest":false,"ended":"damaged"}')
  say('damaged')
  say('?another-server-1')
  await pass(60_000)
  expect(calls).toEqual({ one: 2, two: 1 })
  expect([net.opened, net.subscriptions.size]).toEqual([1, 1])
  // It publishes to itself four times a second, to know that its subscription works.
  expect(net.published).toBeGreaterThan(230)
  expect(net.published).toBeLessThan(245)
})

it.each([
  ['nothing can be published', { canPublish: false }],
  ['nobody can subscribe', { canSubscribe: false }],
  ['messages get lost', { delivers: false }],
])('calls back for all, often enough, while %s', async (_name, wrong) => {
  const { net, calls, say } = network()
  Object.assign(net, wrong)
  await pass(0)
  // For what was under way.
  for (const { lost } of net.subscriptions) lost()
  await pass(1000)
  for (let second = 0; second < 60; second++) {
    const { one, two } = calls
    await pass(500)
    say('?another-server-1')
    await pass(500)
    expect(calls.one).toBeGreaterThan(one)
    expect(calls.two).toBeGreaterThan(two)
  }
  // Others are tried, and less often by and by.
  expect(net.opened).toBeLessThan(9)
  if (_name === 'nothing can be published') expect(net.opened).toBe(1)
  Object.assign(net, { canPublish: true, canSubscribe: true, delivers: true })
  await pass(60_000)
  const before = { ...calls }
  await pass(10_000)
  expect(calls).toEqual(before)
  expect(net.subscriptions.size).toBe(1)
})

it.each([0, 1, 124, 249])(
  'notices in time that its subscription died without a word, %s ms on, and takes another',
  async (on) => {
    const { net, calls } = network()
    await pass(10_000 + on)
    const before = { ...calls }
    const [dead] = net.subscriptions
    net.subscriptions.delete(dead!)
    await pass(501)
    expect(calls).toEqual({ one: before.one + 1, two: before.two + 1 })
    for (let tries = 0; tries < 5; tries++) {
      const { one } = calls
      await pass(751)
      expect(calls.one).toBeGreaterThan(one)
    }
    await pass(5000)
    expect(net.opened).toBe(2)
    const after = { ...calls }
    await pass(10_000)
    expect(calls).toEqual(after)
  },
)

it('takes another subscription when its own is lost, and misses nothing in between', async () => {
  const { net, calls } = network()
  await pass(10_000)
  const before = { ...calls }
  for (const { lost } of net.subscriptions) lost()
  expect(net.subscriptions.size).toBe(0)
  await pass(1500)
  expect(net.opened).toBe(2)
  expect(calls.one).toBeGreaterThan(before.one)
  const after = { ...calls }
  await pass(10_000)
  expect(calls).toEqual(after)
})

it('has no subscription, and waits for nothing, while nobody watches', async () => {
  const { net, stops, listening, calls } = network()
  await pass(10_000)
  for (const stop of stops) stop()
  await pass(750)
  expect([net.subscriptions.size, vi.getTimerCount()]).toEqual([0, 0])

  const again = listening.watch(() => calls.one++)
  stops[0]!()
  const before = calls.one
  await pass(0)
  expect([net.subscriptions.size, net.opened, calls.one - before]).toEqual([1, 2, 1])
  listening.close()
  expect(net.subscriptions.size).toBe(0)
  await pass(60_000)
  expect(vi.getTimerCount()).toBe(0)
  again()
  listening.watch(() => {})
  await pass(60_000)
  expect([net.opened, vi.getTimerCount()]).toEqual([2, 0])
})

it('closes a subscription that comes when nobody wants it any more', async () => {
  const { net, listening } = network()
  listening.close()
  await pass(0)
  expect(net.subscriptions.size).toBe(0)
})

it('has but one heartbeat on its way, and calls back for all while that is not answered', async () => {
  const { net, calls } = network()
  await pass(10_000)
  const { published } = net
  let answer = () => {}
  net.answers = new Promise<void>((resolve) => (answer = resolve))
  for (let second = 0; second < 30; second++) {
    const { one } = calls
    await pass(1000)
    expect(calls.one).toBeGreaterThan(one)
  }
  expect(net.published).toBe(published + 1)
  net.answers = Promise.resolve()
  answer()
  await pass(60_000)
  const before = { ...calls }
  await pass(10_000)
  expect(calls).toEqual(before)
  expect(net.published).toBeGreaterThan(published + 40)
})

it('asks for each where not even the first heartbeat is answered', async () => {
  const { net, calls } = network(new Promise(() => {}))
  await pass(60_000)
  expect([net.published, net.opened]).toEqual([1, 0])
  expect(calls.one).toBeGreaterThan(60)
})

describe('that notices may be lost', () => {
  it('is said once when its subscription is lost, and again only after another has worked', async () => {
    const { net, lost } = network()
    await pass(10_000)
    expect(lost.one).toBe(0)
    Object.assign(net, { canSubscribe: false })
    for (const { lost: drop } of net.subscriptions) drop()
    expect(lost.one).toBe(1)
    await pass(120_000)
    expect(lost.one).toBe(1)

    Object.assign(net, { canSubscribe: true })
    await pass(120_000)
    for (const { lost: drop } of net.subscriptions) drop()
    expect(lost.one).toBe(2)
  })

  it('is said when the subscription dies without a word, but not if the process alone was busy', async () => {
    const { net, lost, say } = network()
    await pass(10_000)
    // No heartbeat for a moment.
    net.delivers = false
    await pass(2000)
    net.delivers = true
    await pass(2000)
    say(ended('one'))
    expect(lost.one).toBe(0)

    net.subscriptions.clear()
    await pass(6000)
    expect(lost.one).toBe(1)
  })

  it('is said when it cannot subscribe at all, and not when nobody watches any more', async () => {
    const { net, stops, lost } = network()
    net.canSubscribe = false
    await pass(10_000)
    expect(lost.one).toBe(1)
    for (const stop of stops) stop()
    await pass(10_000)
    expect(lost.one).toBe(1)
  })
})
