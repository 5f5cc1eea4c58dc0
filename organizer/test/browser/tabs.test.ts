import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { describeBrowser } from '../../../test/support/chromium.ts'
import { openProfile, type Profile } from './profile.ts'
import { serveApp } from './serve-app.ts'
import { organizerProcess } from './server.ts'

const leaveTimeoutMs = 2000

describeBrowser('a user with several tabs', () => {
  let url: string
  let stopOrganizer: () => Promise<void>
  let profile: Profile
  let tabs: Page[]

  beforeAll(async () => void (profile = await openProfile()))
  afterAll(() => profile.close())

  beforeEach(async () => {
    // Pages reconnect to their event stream after 2 seconds, and not after up to 5.
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const organizer = await serveApp()
    url = organizer.url
    stopOrganizer = organizer.close
  })

  afterEach(async () => {
    vi.restoreAllMocks()
    await profile.reset()
    await stopOrganizer()
  })

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${url}/organizer/login`)
    await submitSignIn(page)
    await page.waitForURL(`${url}/organizer/`)
  }

  async function submitSignIn(page: Page): Promise<void> {
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** Signs in, and opens a tab for each path. The first tab is in front. Waits until a tab has the event stream. */
  async function openTabs(...paths: string[]): Promise<void> {
    tabs = [await profile.context.newPage()]
    await signIn(tabs[0]!)
    await tabs[0]!.goto(url + paths[0]!)
    for (const path of paths.slice(1)) {
      const tab = await profile.context.newPage()
      tabs.push(tab)
      await tab.goto(url + path)
    }
    await tabs[0]!.bringToFront()
    await tabs[0]!.waitForTimeout(500)
  }

  /** Resolves when a tab has connected to the event stream again. */
  const untilReconnected = () =>
    new Promise<void>((resolve) => {
      profile.context.on('response', (response) => {
        if (response.url().includes('/organizer/session/ended') && response.ok()) resolve()
      })
    })
  const waitForSignInPage = (tab: Page, timeout = leaveTimeoutMs) =>
    tab.waitForURL(({ pathname }) => pathname === '/organizer/login', { timeout, waitUntil: 'commit' })
  const pathsOf = (pages: Page[]) => pages.map((page) => new URL(page.url()).pathname)
  const nextPath = (tab: Page) => new URL(tab.url()).searchParams.get('next')
  const reason = (tab: Page) => tab.getByRole('status').first().innerText()
  const signOut = (tab: Page) => tab.getByRole('button', { name: 'Sign out', exact: true }).click()

  it('signs out in one tab: the others go to the sign-in page, give the reason, and come back after sign-in', async () => {
    const paths = ['/organizer/', '/organizer/events/new', '/organizer/account', '/organizer/devices']
    await openTabs(...paths)
    await signOut(tabs[0]!)
    await Promise.all(tabs.map((tab) => waitForSignInPage(tab)))
    expect(await reason(tabs[0]!)).toBe('You are signed out.')
    expect(tabs.slice(1).map(nextPath)).toEqual(paths.slice(1))
    for (const tab of tabs.slice(1)) expect(await reason(tab)).toMatch(/signed out/)

    // The first tab's form works, although the other tabs loaded their forms later. The other tabs continue by themselves.
    await submitSignIn(tabs[0]!)
    // Polled, because a tab may begin to load its page again, and waitForURL then fails.
    await expect.poll(() => pathsOf(tabs), { timeout: 10_000 }).toEqual(paths)
  })

  it('signs in while another tab is hidden: it continues when it is visible, unless it asks for the password again', async () => {
    await openTabs('/organizer/')
    await profile.context.clearCookies()
    const [tab, hidden] = [tabs[0]!, await profile.context.newPage()]
    // Without this channel, the page cannot learn of other tabs while it is hidden.
    await hidden.addInitScript('delete globalThis.BroadcastChannel')
    await hidden.goto(`${url}/organizer/login?next=/organizer/devices`)
    await signIn(tab)
    const again = await profile.context.newPage()
    await again.goto(`${url}/organizer/login?again&next=/organizer/account`)
    await tab.reload()
    await tab.waitForTimeout(500)
    expect(pathsOf([hidden])).toEqual(['/organizer/login'])

    for (const page of [hidden, again]) await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    await hidden.waitForURL(`${url}/organizer/devices`)
    await again.waitForTimeout(500)
    expect(pathsOf([again])).toEqual(['/organizer/login'])
  })

  it('signs in while another tab keeps an event on the sign-in page: it goes back to the form with the event', async () => {
    await openTabs('/organizer/', '/organizer/events/new')
    const [tab, form] = [tabs[0]!, tabs[1]!]
    await form.getByLabel('Title').fill('Not lost')
    for (const [label, value] of [
      ['Date', '2030-01-01'],
      ['Time', '10:00'],
      ['Place', 'Here'],
    ] as const)
      await form.getByLabel(label).fill(value)
    await profile.context.clearCookies()
    await form.getByRole('button', { name: 'Create event' }).click()
    await form.getByText('Your event is safe').waitFor()

    await signIn(tab)
    await form.bringToFront()
    await form.getByText('Your event is safe, but not saved yet.').waitFor()
    expect(await form.getByLabel('Title').inputValue()).toBe('Not lost')
  })

  it('signs out in the tab that was opened last, or in the one that has the event stream', async () => {
    for (const from of [2, 0]) {
      await openTabs('/organizer/', '/organizer/', '/organizer/devices')
      await signOut(tabs[from]!)
      await Promise.all(tabs.map((tab) => waitForSignInPage(tab)))
      expect(await reason(tabs[from]!)).toBe('You are signed out.')
      for (const tab of tabs) await tab.close()
    }
  })

  it('is signed out from another device: all tabs go to the sign-in page and give the reason', async () => {
    await openTabs('/organizer/', '/organizer/events/new')
    const otherProfile = await openProfile()
    const other = await otherProfile.context.newPage()
    await signIn(other)
    await other.goto(`${url}/organizer/devices`)
    await other.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await Promise.all(tabs.map((tab) => waitForSignInPage(tab)))
    for (const tab of tabs) expect(await reason(tab)).toContain('You were signed out from another device.')
    await other.waitForTimeout(1000)
    expect(pathsOf([other])).toEqual(['/organizer/devices'])
    await otherProfile.close()
  })

  it('has one event stream for all tabs, so that pages load with any number of tabs', async () => {
    await openTabs(...Array.from({ length: 9 }, () => '/organizer/'))
    for (const tab of tabs) await tab.reload({ timeout: 5000 })
    await signOut(tabs[0]!)
    await Promise.all(tabs.map((tab) => waitForSignInPage(tab, 3000)))
  })

  it('changes the password, which renews the session, and stays signed in in all tabs', async () => {
    await openTabs('/organizer/account', '/organizer/')
    await tabs[0]!.getByLabel('Current password').fill('password123')
    await tabs[0]!.getByLabel('New password').fill('password of some words')
    const reconnected = untilReconnected()
    await tabs[0]!.getByRole('button', { name: 'Change password' }).click()
    await tabs[0]!.getByText('Your other devices were signed out.').waitFor()
    await reconnected
    // Longer than a page waits before it reconnects.
    await tabs[0]!.waitForTimeout(2500)
    expect(pathsOf(tabs)).toEqual(['/organizer/account', '/organizer/'])
    await signOut(tabs[1]!)
    await Promise.all(tabs.map((tab) => waitForSignInPage(tab)))
  })

  it('stays signed in while the server is replaced, and the new server reports the end of the session', async () => {
    await stopOrganizer()
    const organizer = await organizerProcess()
    await organizer.start()
    url = organizer.url
    stopOrganizer = organizer.remove
    await openTabs('/organizer/', '/organizer/events/new')
    const startedAt = performance.now()
    await organizer.stop()
    // An open event stream does not delay the stop. A page that loads for ever would, for 5 seconds.
    expect(performance.now() - startedAt).toBeLessThan(4500)
    const reconnected = untilReconnected()
    await organizer.start()
    await reconnected
    await tabs[0]!.waitForTimeout(1000)
    expect(pathsOf(tabs)).toEqual(['/organizer/', '/organizer/events/new'])
    await signOut(tabs[1]!)
    await Promise.all(tabs.map((tab) => waitForSignInPage(tab)))
  })
})
