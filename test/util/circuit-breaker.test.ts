import { describe, expect, it } from 'vitest'
import { createCircuitBreaker } from '../../src/util/circuit-breaker.ts'
import { browser } from '../support/browser.ts'
import { stopTime, wait } from '../support/outages.ts'
import { guest, request, signedIn } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

stopTime()

const opened = () => {
  const breaker = createCircuitBreaker()
  for (let times = 0; times < 5; times++) breaker.failed()
  return breaker
}

it('opens after five misses with no answer between them', () => {
  const breaker = createCircuitBreaker()
  const left: number[] = []
  for (let times = 0; times < 4; times++) {
    breaker.failed()
    left.push(breaker.failuresLeft())
    expect(breaker.allows()).toBe(true)
  }
  expect(left).toEqual([4, 3, 2, 1])
  breaker.succeeded()
  expect(breaker.failuresLeft()).toBe(5)
  for (let times = 0; times < 5; times++) breaker.failed()

  expect(breaker.failuresLeft()).toBe(0)
  expect(breaker.allows()).toBe(false)
})

it('lets one question a second through while it is open, and no more when that one is not answered either', async () => {
  const breaker = opened()
  await wait(0.999)
  expect(breaker.allows()).toBe(false)
  await wait(0.001)
  expect([breaker.allows(), breaker.allows()]).toEqual([true, false])
  breaker.failed()
  await wait(0.999)
  expect(breaker.allows()).toBe(false)
  await wait(0.001)
  expect(breaker.allows()).toBe(true)
})

it('closes at the first answer', async () => {
  const breaker = opened()
  await wait(1)
  breaker.allows()
  breaker.succeeded()

  expect([breaker.failuresLeft(), breaker.allows(), breaker.allows()]).toEqual([5, true, true])
})

it('is not held open by misses of questions from before it opened', async () => {
  const breaker = opened()
  await wait(0.9)
  breaker.failed()
  await wait(0.1)

  expect(breaker.allows()).toBe(true)
})

it('a store that is down is called five times, and then once a second, by any visitor', async () => {
  const visited = storeWorld()
  const visitors = [await signedIn(visited, 'ada'), await signedIn(visited, 'eve'), await guest(visited)]
  visited.store.fail()
  visited.store.calls.length = 0
  for (let times = 0; times < 10; times++) for (const { cookie } of visitors) await request(visited.sessions, cookie)
  expect(visited.store.calls).toHaveLength(5)

  for (let seconds = 1; seconds <= 3; seconds++) {
    await wait(1)
    for (let times = 0; times < 10; times++) {
      for (const { cookie } of visitors) expect((await visited.sessions.open(cookie)).outcome).toBe('unavailable')
    }
    expect(visited.store.calls).toHaveLength(5 + seconds)
  }
})

it('a store that is back is called for every visitor after its first answer', async () => {
  const visited = storeWorld()
  const { cookie } = await signedIn(visited)
  visited.store.fail()
  for (let times = 0; times < 5; times++) await visited.sessions.open(cookie)
  visited.store.heal()
  expect((await visited.sessions.open(cookie)).outcome).toBe('unavailable')
  await wait(1)

  for (let times = 0; times < 3; times++) expect((await visited.sessions.open(cookie)).outcome).toBe('active')
})

it.each(['read', 'end', 'list'] as const)('questions of any kind count, and all are held back: %s', async (verb) => {
  const visited = storeWorld()
  const { cookie } = await signedIn(visited)
  const ask = {
    read: () => request(visited.sessions, cookie),
    end: () => request(visited.sessions, cookie, (session) => session.signOut()),
    list: () => visited.sessions.list('ada'),
  }
  visited.store.fail()
  for (let times = 0; times < 5; times++) await ask[verb]().catch(() => {})
  visited.store.calls.length = 0

  for (const each of Object.values(ask)) await each().catch(() => {})
  await request(visited.sessions, null, (session) => session.signIn('eve')).catch(() => {})
  expect(visited.store.calls).toEqual([])
})

describe('a store that may be full only', () => {
  it('is asked for nothing that needs room but once a second, and for all else as ever', async () => {
    const breaker = createCircuitBreaker()
    for (let times = 0; times < 5; times++) breaker.failed(true)
    expect([breaker.allows(true), breaker.allows(), breaker.allows()]).toEqual([false, true, true])
    await wait(1)
    expect([breaker.allows(true), breaker.allows(true), breaker.allows()]).toEqual([true, false, true])
    breaker.failed()
    await wait(0.5)

    expect([breaker.allows(true), breaker.allows(), breaker.allows()]).toEqual([false, true, false])
  })

  it('a full store that is sent the same write again and again is called for all else once a second too', async () => {
    const breaker = createCircuitBreaker()
    for (let times = 0; times < 4; times++) breaker.failed(true)
    breaker.failed()
    for (let times = 0; times < 3; times++) {
      await wait(1)
      expect([breaker.allows(true), breaker.allows(), breaker.allows()]).toEqual([true, true, false])
      breaker.failed(true)
    }
  })

  it('is as good as new after an answer', () => {
    const breaker = createCircuitBreaker()
    for (let times = 0; times < 5; times++) breaker.failed(true)
    breaker.succeeded()
    expect([breaker.failuresLeft(), breaker.allows(true)]).toEqual([5, true])
    breaker.failed()
    breaker.succeeded()
    for (let times = 0; times < 5; times++) breaker.failed(true)
    expect([breaker.allows(true), breaker.allows()]).toEqual([false, true])
    breaker.succeeded()
    for (let times = 0; times < 5; times++) breaker.failed()

    expect(breaker.allows()).toBe(false)
  })

  it('keeps nobody from their session, and nobody from signing out', async () => {
    const visited = storeWorld()
    const [ada, eve] = [await signedIn(visited, 'ada'), await signedIn(visited, 'eve')]
    visited.store.fail(['create', 'update'])
    for (let times = 0; times < 9; times++)
      await request(visited.sessions, null, (session) => session.signIn('joe')).catch(() => {})

    expect((await visited.sessions.open(ada.cookie)).userId).toBe('ada')
    await request(visited.sessions, eve.cookie, (session) => session.signOut())
    expect(await visited.store.records()).toHaveLength(1)
  })
})

it('a visitor without a session is not refused because a store is down, except by a page that needs it', async () => {
  const visited = storeWorld()
  const { cookie } = await signedIn(visited)
  visited.store.fail()
  for (let times = 0; times < 5; times++) await visited.sessions.open(cookie)

  expect(await visited.sessions.open(browser().cookie)).toMatchObject({ outcome: 'none', userId: null })
})
