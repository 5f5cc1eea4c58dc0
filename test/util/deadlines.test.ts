import { afterEach, describe, expect, it, vi } from 'vitest'
import { createDeadlines, createSeparateDeadlines } from '../../src/util/deadlines.ts'
import { copyWorld } from '../support/outages.ts'
import { request, signedIn, visit } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

// In real time: this measures how long a caller waits.

const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })

/** How long something takes, in seconds: by the clock, and of that how long this process was there. A busy machine lets it wait. */
async function seconds(work: () => Promise<unknown>): Promise<{ readonly took: number; readonly there: number }> {
  const began = performance.now()
  let [heardAt, there] = [began, 0]
  function count(): void {
    const now = performance.now()
    there += Math.min(now - heardAt, 10)
    heardAt = now
  }
  const timer = setInterval(count, 5)
  await work()
  clearInterval(timer)
  count()
  return { took: (heardAt - began) / 1000, there: there / 1000 }
}

const turn = async () => new Promise((resolve) => setImmediate(resolve))

/** Does nothing else for so long, as a process does that computes. */
function standStill(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

/** A busy machine can only make a caller wait for longer. */
const tries = { retry: 5 }

describe('a store that does not answer', () => {
  it('is waited for for a quarter of a second, by whatever asks it', tries, async () => {
    const visited = storeWorld({ touchAfter: 0 })
    const { cookie } = await signedIn(visited)
    const writing = await visited.sessions.open(cookie)
    writing.data['cart'] = ['tea']
    const renewing = await visited.sessions.open(cookie)
    renewing.renew()
    visited.store.hang()
    const asked = [
      async () => expect((await visited.sessions.open(cookie)).outcome).toBe('unavailable'),
      async () => expect(visited.sessions.commit(writing)).rejects.toEqual(unavailable),
      async () => expect(visited.sessions.commit(renewing)).rejects.toEqual(unavailable),
      async () => expect(visited.sessions.revoke('ada', writing.id!)).rejects.toEqual(unavailable),
      async () => expect(signedIn(visited)).rejects.toEqual(unavailable),
    ]

    for (const { took, there } of await Promise.all(asked.map(seconds))) {
      expect(took).toBeGreaterThanOrEqual(0.245)
      expect(there).toBeLessThan(0.35)
    }
    // Now it counts as down.
    expect((await seconds(async () => visited.sessions.open(cookie))).there).toBeLessThan(0.05)
    visited.store.heal()
  })

  it('is waited for for the storeTimeout', tries, async () => {
    const visited = storeWorld({ storeTimeout: 0.1 })
    const { cookie } = await signedIn(visited)
    visited.store.hang()
    const { took, there } = await seconds(async () => visited.sessions.open(cookie))

    expect(took).toBeGreaterThanOrEqual(0.095)
    expect(there).toBeLessThan(0.18)
    visited.store.heal()
  })

  it('is asked again for a session with a copy, and then the copy is good at once', tries, async () => {
    const visited = copyWorld()
    const { cookie } = await signedIn(visited)
    visited.store.hang()
    const open = async () => expect((await visited.sessions.open(cookie)).outcome).toBe('unconfirmed')
    expect((await seconds(open)).there).toBeLessThan(0.7)
    expect((await seconds(open)).there).toBeLessThan(0.05)
    visited.store.heal()
  })

  it('holds up no sign-out for longer', tries, async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    const leaving = await visited.sessions.open(visitor.cookie)
    leaving.signOut()
    visited.store.hang()

    const leave = async () => visitor.receive(await visited.sessions.commit(leaving))
    expect((await seconds(leave)).there).toBeLessThan(0.35)
    expect(visitor.cookie).toBe('')
    visited.store.heal()
  })

  it('and answers when nobody waits any more changes nothing for them', tries, async () => {
    const visited = storeWorld({ storeTimeout: 0.05 })
    const visitor = await signedIn(visited)
    visited.store.hang(['read'])
    const session = await visited.sessions.open(visitor.cookie)
    visited.store.heal()
    await new Promise((resolve) => setTimeout(resolve, 20))

    expect(session.outcome).toBe('unavailable')
    await visit(visited.sessions, visitor, ({ userId }) => expect(userId).toBe('ada'))
  })
})

describe('deadlines', () => {
  afterEach(() => void vi.useRealTimers())

  it('pass for each who waits by when they began, and not for who has stopped', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate'] })
    const deadlines = createDeadlines(100)
    const passed: string[] = []
    deadlines.start({ onExpired: () => passed.push('first') })
    const stopped = deadlines.start({ onExpired: () => passed.push('stopped') })
    await vi.advanceTimersByTimeAsync(60)
    deadlines.start({ onExpired: () => passed.push('second') })
    expect([stopped.cancel(), stopped.cancel()]).toEqual([true, false])

    await vi.advanceTimersByTimeAsync(39)
    expect(passed).toEqual([])
    await vi.advanceTimersByTimeAsync(31)
    expect(passed).toEqual(['first'])
    await vi.advanceTimersByTimeAsync(29)
    expect(passed).toEqual(['first'])
    await vi.advanceTimersByTimeAsync(31)
    expect(passed).toEqual(['first', 'second'])
    await vi.advanceTimersByTimeAsync(100)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('are not passed by a process that stood still, however long', async () => {
    const deadlines = createDeadlines(50)
    let isPassed = false
    const deadline = deadlines.start({ onExpired: () => (isPassed = true) })
    standStill(200)
    await new Promise((resolve) => setTimeout(resolve, 0))
    await turn()

    expect([isPassed, deadline.cancel()]).toEqual([false, true])
  })

  it('are passed only when the event loop has had a turn since, in which it reads its sockets', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const deadlines = createDeadlines(100)
    let isPassed = false
    deadlines.start({ onExpired: () => (isPassed = true) })
    for (let slice = 1; slice <= 6; slice++) {
      expect(isPassed).toBe(false)
      vi.advanceTimersByTime(20)
      expect(isPassed).toBe(false)
      await turn()
    }

    expect(isPassed).toBe(true)
  })

  it('do not keep a process alive while none is running', () => {
    const timers = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length
    const before = timers()
    const deadlines = createDeadlines(60_000)
    const [first, second] = [deadlines.start({ onExpired() {} }), deadlines.start({ onExpired() {} })]
    first.cancel()
    expect(timers()).toBe(before + 1)
    second.cancel()
    expect(timers()).toBe(before)
    const third = deadlines.start({ onExpired() {} })
    expect(timers()).toBe(before + 1)
    third.cancel()
  })

  it('do not keep a process from ending once everything was answered', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate'] })
    const visited = storeWorld()
    await request(visited.sessions, null, (session) => session.signIn('ada'))
    await vi.advanceTimersByTimeAsync(60)

    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('on Workers, where a timer stops with the request that has started it', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('a request waits no longer because an earlier one has ended', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const visited = storeWorld({ touchAfter: 0 })
    const { cookie } = await signedIn(visited)
    for (const { value } of timers.mock.results) clearTimeout(value as NodeJS.Timeout)
    timers.mockRestore()
    visited.store.hang()

    const asked = [visited.sessions.open(cookie), visited.sessions.open(cookie)]
    for (const { outcome } of await Promise.all(asked)) expect(outcome).toBe('unavailable')
    visited.store.heal()
  })

  it('an answer in time stops the timer', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const passed: string[] = []
    const deadlines = createSeparateDeadlines(100)
    const stopped = deadlines.start({ onExpired: () => passed.push('stopped') })
    const short = deadlines.start({ onExpired: () => passed.push('short') }, 2)
    const endless = deadlines.start({ onExpired: () => passed.push('endless') }, Infinity)
    expect([stopped.cancel(), stopped.cancel()]).toEqual([true, false])
    vi.advanceTimersByTime(39)
    expect(passed).toEqual([])
    vi.advanceTimersByTime(60_000)
    expect(passed).toEqual(['short'])
    expect([short.cancel(), endless.cancel()]).toEqual([false, true])
  })
})
