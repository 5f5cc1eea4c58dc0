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

  it('for one account from everywhere are refused after 100, not counting successful ones', async () => {
    const limits = createSignInLimits()
    for (let i = 0; i < 50; i++) {
      expect(await limits.countAttempt(ada.email, '198.51.100.1')).toBe(0)
      await limits.clearAttempts(ada.email, '198.51.100.1')
    }
    for (let i = 0; i < 100; i++) expect(await limits.countAttempt(ada.email, `192.0.2.${i}`)).toBe(0)
    expect(await limits.countAttempt(ada.email, '198.51.100.1')).toBe(900)
    expect(await limits.countAttempt('eve@example.com', '198.51.100.1')).toBe(0)
    vi.advanceTimersByTime(900_000)
    expect(await limits.countAttempt(ada.email, '198.51.100.1')).toBe(0)
  })

  it('from one address are refused for any account', async () => {
    const { app } = await startApp({ trustProxy: 1 })
    const browser = openBrowser(app)
    const tryFrom = (address: string, email: string) =>
      browser.submit('/organizer/login', { email, password: 'wrong' }, undefined, from(address))

    for (let i = 0; i < 50; i++)
      expect((await tryFrom('2001:db8:0:1::' + i, `someone-${i}@example.com`)).status).toBe(422)
    expect((await tryFrom('2001:db8:0:1:ffff::1', 'new@example.com')).status).toBe(429)
    expect((await tryFrom('2001:db8:0:2::1', 'new@example.com')).status).toBe(422)
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

  it('are forgotten after a sign-in, and sign-ins never count', async () => {
    const { app } = await startApp()
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 5; i++) expect((await openBrowser(app).signIn({ password: 'wrong' })).status).toBe(422)
      expect((await openBrowser(app).signIn()).status).toBe(303)
    }
    const limits = createSignInLimits()
    for (let i = 0; i < 200; i++) {
      expect(await limits.countAttempt(ada.email, '192.0.2.1')).toBe(0)
      await limits.clearAttempts(ada.email, '192.0.2.1')
    }
  })

  it('from a refused address do not count for the account', async () => {
    const limits = createSignInLimits({ account: { points: 3, duration: 60 }, address: { points: 1, duration: 60 } })
    await limits.countAttempt(ada.email, '192.0.2.1')
    for (let i = 0; i < 9; i++) expect(await limits.countAttempt(ada.email, '192.0.2.1')).toBe(60)
    expect(await limits.countAttempt(ada.email, '192.0.2.2')).toBe(0)
  })

  it('that are refused for one account and address do not count for the account', async () => {
    const limits = createSignInLimits({ pair: { points: 1, duration: 60 }, account: { points: 2, duration: 60 } })
    for (let i = 0; i < 9; i++) await limits.countAttempt(ada.email, '192.0.2.1')
    expect(await limits.countAttempt(ada.email, '192.0.2.2')).toBe(0)
  })
})

describe('the address of a client', () => {
  it('is the address that the last trusted proxy reports, and not what the client sends', async () => {
    for (const [trustProxy, last] of [
      [0, 429],
      [1, 422],
      [2, 429],
    ] as const) {
      const limits = createSignInLimits({ address: { points: 1, duration: 60 } })
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
    ['[2001:db8::1]:443', '[2001:db8::1]:444', '[2001:db8:0:1::1]:443'],
    ['2001:db8::1', '[2001:db8::1]', '[2001:db8:0:1::1]'],
  ])('%s, without its port, equals %s and differs from %s', async (one, same, another) => {
    const limits = createSignInLimits({ address: { points: 1, duration: 60 } })
    const { app } = await startApp({ trustProxy: 1, dependencies: { limits } })
    const browser = openBrowser(app)
    const tryFrom = (address: string) => browser.submit('/organizer/login', wrong, undefined, from(address))
    expect((await tryFrom(one)).status).toBe(422)
    expect((await tryFrom(another)).status).toBe(422)
    expect((await tryFrom(same)).status).toBe(429)
  })
})
