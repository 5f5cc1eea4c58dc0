import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'

const inTime = 2000

describeBrowser('somebody who has several tabs', () => {
  let organizer: OrganizerProcess
  let folder: string
  let context: BrowserContext
  let tabs: Page[]
  let streams: number

  beforeEach(async () => {
    organizer = await organizerProcess()
    await organizer.start()
    folder = await mkdtemp(join(tmpdir(), 'profile-'))
    context = await launchProfile(folder)
    streams = 0
    context.on('request', (request) => {
      if (request.url().includes('/organizer/session/ended')) streams++
    })
  })

  afterEach(async () => {
    await context.close()
    await organizer.remove()
    await rm(folder, { recursive: true, force: true })
  })

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${organizer.url}/organizer/login`)
    await fillIn(page)
    await page.waitForURL(`${organizer.url}/organizer/`)
  }

  async function fillIn(page: Page): Promise<void> {
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** Tabs of one browser, at pages of theirs; the first of them in front. */
  async function open(...paths: string[]): Promise<void> {
    tabs = [await context.newPage()]
    await signIn(tabs[0]!)
    await tabs[0]!.goto(organizer.url + paths[0]!)
    for (const path of paths.slice(1)) {
      const tab = await context.newPage()
      tabs.push(tab)
      await tab.goto(organizer.url + path)
    }
    await tabs[0]!.bringToFront()
    await tabs[0]!.waitForTimeout(500)
  }

  const arrives = async (tab: Page, within = inTime) =>
    tab.waitForURL((url) => url.pathname === '/organizer/login', { timeout: within, waitUntil: 'commit' })
  const nextOf = (tab: Page) => new URL(tab.url()).searchParams.get('next')
  const reason = (tab: Page) => tab.getByRole('status').first().innerText()

  it('signs out in one of them: the others leave by themselves, say why, and come back to where they were', async () => {
    await open('/organizer/', '/organizer/events/new', '/organizer/account', '/organizer/devices')
    expect(streams).toBeGreaterThan(0)
    await tabs[0]!.getByRole('button', { name: 'Sign out', exact: true }).click()
    await Promise.all(tabs.map((tab) => arrives(tab)))
    expect(await reason(tabs[0]!)).toBe('You are signed out.')
    expect(tabs.slice(1).map(nextOf)).toEqual(['/organizer/events/new', '/organizer/account', '/organizer/devices'])
    for (const tab of tabs.slice(1)) expect(await reason(tab)).toMatch(/signed out/)

    // The form of the first works, although the others came to theirs after it: and they go on by themselves.
    await fillIn(tabs[0]!)
    const places = ['/organizer/', '/organizer/events/new', '/organizer/account', '/organizer/devices']
    await Promise.all(tabs.map((tab, index) => tab.waitForURL(organizer.url + places[index]!, { timeout: 5000 })))
  })

  it('signs in while another tab was out of sight, or asks for the password again: the one goes on once seen', async () => {
    await open('/organizer/')
    await context.clearCookies()
    const [tab, left] = [tabs[0]!, await context.newPage()]
    // As if it could not hear of other tabs while it is out of sight.
    await left.addInitScript('delete globalThis.BroadcastChannel')
    await left.goto(`${organizer.url}/organizer/login?next=/organizer/devices`)
    await signIn(tab)
    const again = await context.newPage()
    await again.goto(`${organizer.url}/organizer/login?again&next=/organizer/account`)
    await tab.reload()
    await tab.waitForTimeout(500)
    expect(new URL(left.url()).pathname).toBe('/organizer/login')

    for (const page of [left, again]) await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    await left.waitForURL(`${organizer.url}/organizer/devices`)
    await again.waitForTimeout(500)
    expect(new URL(again.url()).pathname).toBe('/organizer/login')
  })

  it('signs out in the last that was opened, or in a tab whose turn it is to listen', async () => {
    for (const from of [2, 0]) {
      await open('/organizer/', '/organizer/', '/organizer/devices')
      await tabs[from]!.getByRole('button', { name: 'Sign out', exact: true }).click()
      await Promise.all(tabs.map((tab) => arrives(tab)))
      expect(await reason(tabs[from]!)).toBe('You are signed out.')
      for (const tab of tabs) await tab.close()
    }
  })

  it('is signed out from another device: all leave and say so', async () => {
    await open('/organizer/', '/organizer/events/new')
    const otherFolder = await mkdtemp(join(tmpdir(), 'profile-'))
    const other = await launchProfile(otherFolder)
    const there = await other.newPage()
    await signIn(there)
    await there.goto(`${organizer.url}/organizer/devices`)
    await there.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await Promise.all(tabs.map((tab) => arrives(tab)))
    for (const tab of tabs) expect(await reason(tab)).toContain('You were signed out from another device.')
    await there.waitForTimeout(1000)
    expect(new URL(there.url()).pathname).toBe('/organizer/devices')
    await other.close()
    await rm(otherFolder, { recursive: true, force: true })
  })

  it('has one connection for all tabs, and pages that load however many there are', async () => {
    await open(...Array.from({ length: 9 }, () => '/organizer/'))
    for (const tab of tabs) await tab.reload({ timeout: 5000 })
    await tabs[0]!.getByRole('button', { name: 'Sign out', exact: true }).click()
    await Promise.all(tabs.map((tab) => arrives(tab, 3000)))
  })

  it('renews the session, by a new password, and stays in all of them', async () => {
    await open('/organizer/account', '/organizer/')
    await tabs[0]!.getByLabel('Current password').fill('password123')
    await tabs[0]!.getByLabel('New password').fill('password of some words')
    await tabs[0]!.getByRole('button', { name: 'Change password' }).click()
    await tabs[0]!.getByText('You are signed out everywhere else.').waitFor()
    // Until the one that listens has come back with the new cookie.
    await tabs[0]!.waitForTimeout(6000)
    expect(tabs.map((tab) => new URL(tab.url()).pathname)).toEqual(['/organizer/account', '/organizer/'])
    await tabs[1]!.getByRole('button', { name: 'Sign out', exact: true }).click()
    await Promise.all(tabs.map((tab) => arrives(tab)))
  })

  it('stays while the server is replaced, and is told by the new one', async () => {
    await open('/organizer/', '/organizer/events/new')
    const began = performance.now()
    await organizer.stop()
    // Nothing that is open holds it up.
    expect(performance.now() - began).toBeLessThan(2500)
    await organizer.start()
    await tabs[0]!.waitForTimeout(6000)
    expect(tabs.map((tab) => new URL(tab.url()).pathname)).toEqual(['/organizer/', '/organizer/events/new'])
    await tabs[1]!.getByRole('button', { name: 'Sign out', exact: true }).click()
    await Promise.all(tabs.map((tab) => arrives(tab)))
  })
})
