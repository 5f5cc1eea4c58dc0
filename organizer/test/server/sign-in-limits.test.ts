import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSignInLimits } from '../../src/server/sign-in-limits.ts'
import { ada, openBrowser, quickPasswords, startApp } from '../support/app.ts'

const wrong = { email: ada.email, password: 'wrong' }
const from = (address: string) => ({ 'X-Forwarded-For': address })

describe('too many attempts', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
  afterEach(() => vi.useRealTimers())

  it('for one account from one address are refused with the waiting time, and then allowed again', async () => {
    const { app } = await startApp({ trustProxy: 1 })
    const browser = openBrowser(app)
    const tryAs = (fields: Record<string, string>) =>
      browser.submit('/organizer/login', fields, undefined, from('192.0.2.1'))

    for (let i = 0; i < 10; i++) expect((await tryAs(wrong)).status).toBe(422)
    vi.advanceTimersByTime(60_000)
    const refused = await tryAs(ada)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('Retry-After')).toBe('840')
    const page = await refused.text()
    expect(page).toContain('Too many attempts. Try again in 14 minutes.')
    expect(page).toContain(`value="${ada.email}"`)

    vi.advanceTimersByTime(840_000)
    expect((await tryAs(ada)).status).toBe(303)
  })

  it('from elsewhere do not lock the owner out, or count as the owner’s', async () => {
    const { app } = await startApp({ trustProxy: 1 })
    const browser = openBrowser(app)
    const tryFrom = (address: string, fields: Record<string, string>) =>
      browser.submit('/organizer/login', fields, undefined, from(address))

    for (let i = 0; i < 11; i++) await tryFrom('192.0.2.1', wrong)
    expect((await tryFrom('192.0.2.1', ada)).status).toBe(429)
    for (let i = 0; i < 9; i++) expect((await tryFrom('192.0.2.2', wrong)).status).toBe(422)
    expect((await tryFrom('192.0.2.2', ada)).status).toBe(303)
  })

  it('for one account from many networks leave fewer to each, and lock no new network out', async () => {
    const { app } = await startApp({ trustProxy: 1 })
    const browser = openBrowser(app)
    const tryFrom = (address: string, fields: Record<string, string>) =>
      browser.submit('/organizer/login', fields, undefined, from(address))

    const statuses: Record<number, number> = {}
    for (let network = 1; network <= 10; network++) {
      for (let i = 0; i < 10; i++) {
        const { status } = await tryFrom(`192.0.2.${network}`, wrong)
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    // 3 networks had 10 attempts, and 7 had 3.
    expect(statuses).toEqual({ 422: 51, 429: 49 })
    expect((await tryFrom('198.51.100.1', wrong)).status).toBe(422)
    expect((await tryFrom('192.0.2.9', ada)).status).toBe(429)
    expect((await tryFrom('198.51.100.1', ada)).status).toBe(303)
  })

  it('for one account from one large IPv6 network count together', async () => {
    const limits = createSignInLimits()
    for (let i = 0; i < 10; i++) expect(limits.countAttempt(ada.email, `2001:db8:1:${i}::1`)).toBe(0)
    expect(limits.countAttempt(ada.email, '2001:db8:1:99::1')).toBe(900)
    expect(limits.countAttempt(ada.email, '2001:db8:2::1')).toBe(0)
  })

  it('for one account still count after a flood from many networks', () => {
    const limits = createSignInLimits()
    const attacker = '2001:db8:1::1'
    for (let i = 0; i < 10; i++) limits.countAttempt(ada.email, attacker)
    let allowed = 0
    for (let i = 0; i < 20_000; i++) {
      // 65,536 networks of one /48, and many of those.
      const from = `2001:db8:${(100 + (i % 250)).toString(16)}:${(i % 5000).toString(16)}::1`
      if (limits.countAttempt(`someone-${i}@example.com`, from) === 0) allowed += 1
    }
    expect(allowed).toBe(250 * 50)
    expect(limits.countAttempt(ada.email, attacker)).toBeGreaterThan(0)
  })

  it('from one network are refused for any account', async () => {
    const { app } = await startApp({ trustProxy: 1 })
    const browser = openBrowser(app)
    const tryFrom = (address: string, email: string) =>
      browser.submit('/organizer/login', { email, password: 'wrong' }, undefined, from(address))

    for (let i = 0; i < 50; i++)
      expect((await tryFrom(`2001:db8:1:${i}::1`, `someone-${i}@example.com`)).status).toBe(422)
    expect((await tryFrom('2001:db8:1:ffff::1', 'new@example.com')).status).toBe(429)
    expect((await tryFrom('2001:db8:2::1', 'new@example.com')).status).toBe(422)
  })

  it('are counted before the password is checked, so simultaneous ones count too', async () => {
    const passwords = { ...quickPasswords }
    const verify = vi.spyOn(passwords, 'verify')
    const { app } = await startApp({ dependencies: { passwords } })
    const browser = openBrowser(app)
    await browser.request('/organizer/login')
    const responses = await Promise.all(Array.from({ length: 30 }, () => browser.submit('/organizer/login', wrong)))
    expect(responses.filter(({ status }) => status === 422)).toHaveLength(10)
    expect(verify).toHaveBeenCalledTimes(10)
  })

  it('are forgotten after a sign-in, and sign-ins do not count', async () => {
    const { app } = await startApp()
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 5; i++) expect((await openBrowser(app).signIn({ password: 'wrong' })).status).toBe(422)
      expect((await openBrowser(app).signIn()).status).toBe(303)
    }
    const limits = createSignInLimits()
    for (let i = 0; i < 200; i++) {
      expect(limits.countAttempt(ada.email, '192.0.2.1')).toBe(0)
      limits.clearAttempts(ada.email, '192.0.2.1')
    }
  })

  it('that are refused do not count for the account', () => {
    const one = { points: 1, duration: 60 }
    for (const limit of [{ network: one }, { pair: one }]) {
      const limits = createSignInLimits({ ...limit, account: { points: 2, duration: 60 }, pairUnderAttack: 0 })
      for (let i = 0; i < 9; i++) limits.countAttempt(ada.email, '192.0.2.1')
      expect(limits.countAttempt(ada.email, '192.0.2.2')).toBe(0)
      expect(limits.countAttempt(ada.email, '192.0.2.3')).toBeGreaterThan(0)
    }
  })
})

describe('sign-ins to one account', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => vi.useRealTimers())

  it('are refused after 100 in an hour, with the waiting time, and then allowed again', async () => {
    const { app, people, passwords } = await startApp()
    const eve = { email: 'eve@example.com', password: 'an apple of knowledge' }
    await people.add({ email: eve.email, name: 'Eve', passwordHash: await passwords.hash(eve.password) })
    for (let i = 0; i < 100; i++) expect((await openBrowser(app).signIn()).status).toBe(303)
    const refused = await openBrowser(app).signIn()
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '3600'])
    expect(await refused.text()).toContain('Too many sign-ins to this account. Try again in 1 hour.')
    expect((await openBrowser(app).signIn(eve)).status).toBe(303)

    vi.advanceTimersByTime(3_600_000)
    expect((await openBrowser(app).signIn()).status).toBe(303)
  })

  it('beyond the limit cost no more password checks than wrong attempts', async () => {
    const passwords = { ...quickPasswords }
    const limits = createSignInLimits({ signIns: { points: 1, duration: 60 } })
    const { app } = await startApp({ dependencies: { passwords, limits } })
    await openBrowser(app).signIn()
    const verify = vi.spyOn(passwords, 'verify')
    for (let i = 0; i < 30; i++) expect((await openBrowser(app).signIn()).status).toBe(429)
    expect(verify).toHaveBeenCalledTimes(10)
  })
})

describe('the address of a client', () => {
  it('is the address that the last trusted proxy reports, and not what the client sends', async () => {
    for (const [trustProxy, last] of [
      [0, 429],
      [1, 422],
      [2, 429],
    ] as const) {
      const limits = createSignInLimits({ network: { points: 1, duration: 60 } })
      const { app } = await startApp({ trustProxy, dependencies: { limits } })
      const browser = openBrowser(app)
      const tryFrom = (list: string) => browser.submit('/organizer/login', wrong, undefined, from(list))
      expect((await tryFrom('203.0.113.9, 192.0.2.1, 198.51.100.1')).status).toBe(422)
      // Only the last entry differs. A client can invent the entries before the trusted ones.
      expect((await tryFrom('203.0.113.8, 192.0.2.1, 198.51.100.2')).status).toBe(last)
    }
  })

  it.each([
    ['203.0.113.9:51234', '203.0.113.9:51235', '203.0.113.10:51234'],
    ['203.0.113.9', '203.0.113.9:1', '203.0.113.10'],
    ['[2001:db8::1]:443', '[2001:db8::1]:444', '[2001:db8:1::1]:443'],
    ['2001:db8::1', '[2001:db8::1]', '[2001:db8:1::1]'],
  ])('%s, without its port, equals %s and differs from %s', async (one, same, another) => {
    const limits = createSignInLimits({ network: { points: 1, duration: 60 } })
    const { app } = await startApp({ trustProxy: 1, dependencies: { limits } })
    const browser = openBrowser(app)
    const tryFrom = (address: string) => browser.submit('/organizer/login', wrong, undefined, from(address))
    expect((await tryFrom(one)).status).toBe(422)
    expect((await tryFrom(another)).status).toBe(422)
    expect((await tryFrom(same)).status).toBe(429)
  })
})
