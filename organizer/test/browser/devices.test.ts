import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'

describeBrowser('somebody who is signed in on two devices', () => {
  let organizer: OrganizerProcess
  let folders: string[]
  let contexts: BrowserContext[]
  let here: Page
  let there: Page

  beforeEach(async () => {
    organizer = await organizerProcess()
    folders = [await mkdtemp(join(tmpdir(), 'profile-')), await mkdtemp(join(tmpdir(), 'profile-'))]
    contexts = await Promise.all(folders.map((folder) => launchProfile(folder)))
    ;[here, there] = (await Promise.all(contexts.map((context) => context.newPage()))) as [Page, Page]
  })

  afterEach(async () => {
    for (const context of contexts) await context.close()
    await organizer.remove()
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  })

  async function signIn(page: Page, password = 'password123'): Promise<void> {
    await page.goto(`${organizer.url}/organizer/login`)
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${organizer.url}/organizer/`)
  }

  async function toDevices(page: Page): Promise<void> {
    await page.goto(`${organizer.url}/organizer/`)
    await page.getByRole('link', { name: 'Your devices' }).click()
    await page.getByRole('heading', { level: 1, name: 'Your devices' }).waitFor()
  }

  /** A page leaves by itself, for the sign-in page; gives what that says. */
  async function leaves(page: Page): Promise<string> {
    await page.waitForURL((url) => url.pathname === '/organizer/login', { timeout: 3000 })
    expect(new URL(page.url()).searchParams.get('next')).toBe('/organizer/')
    return page.getByRole('status').first().innerText()
  }

  const names = (page: Page) => page.getByRole('listitem').getByRole('heading').allInnerTexts()

  it('signs the other one out, whose page leaves for the sign-in page, which says why and comes back', async () => {
    await organizer.start()
    await signIn(there)
    await signIn(here)
    await toDevices(here)
    expect(await names(here)).toEqual(['Chrome on Linux This device', 'Chrome on Linux'])
    await here.getByRole('button', { name: 'Sign out Chrome on Linux' }).click()
    await here.getByText('Chrome on Linux is signed out.').waitFor()
    expect(await names(here)).toEqual(['Chrome on Linux This device'])

    expect(await leaves(there)).toContain('You were signed out from another device.')
    await there.getByLabel('Email').fill('john.smith@example.com')
    await there.getByLabel('Password', { exact: true }).fill('password123')
    await there.getByRole('button', { name: 'Sign in' }).click()
    await there.waitForURL(`${organizer.url}/organizer/`)
  })

  it('signs out everywhere else, and stays signed in here', async () => {
    await organizer.start()
    await signIn(there)
    await signIn(here)
    await toDevices(here)
    await here.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await here.getByText('You are signed out on your other device.').waitFor()
    expect(await leaves(there)).toContain('You were signed out from another device.')

    await organizer.stop()
    await organizer.start()
    await toDevices(here)
    expect(await names(here)).toEqual(['Chrome on Linux This device'])
  })

  it('changes the password, and with it signs the other one out', async () => {
    await organizer.start()
    await signIn(there)
    await signIn(here)
    await here.goto(`${organizer.url}/organizer/account`)
    expect(await here.getByRole('checkbox', { name: 'Sign out everywhere else' }).isChecked()).toBe(true)
    await changePassword()
    await here.getByText('You are signed out everywhere else.').waitFor()
    expect(await leaves(there)).toContain('with the new password if it was changed.')
    await toDevices(here)
    expect(await names(here)).toEqual(['Chrome on Linux This device'])
  })

  it('changes the password without the tick, and stays signed in on both', async () => {
    await organizer.start()
    await signIn(there)
    await signIn(here)
    await here.goto(`${organizer.url}/organizer/account`)
    await here.getByRole('checkbox', { name: 'Sign out everywhere else' }).uncheck()
    await changePassword()
    await here.getByText('You stay signed in on your other devices.').waitFor()
    await there.getByRole('link', { name: 'New event' }).click()
    await there.waitForURL(`${organizer.url}/organizer/events/new`)
  })

  it('is still signed in on both after sessions moved from cookies to SQLite, and both are listed', async () => {
    await organizer.start({ SESSION_TYPE: 'cookie' })
    await signIn(there)
    await signIn(here)
    await toDevices(here)
    await here.getByRole('heading', { name: 'Turning it on' }).waitFor()

    await organizer.stop()
    await organizer.start() // the default is SQLite
    await there.goto(`${organizer.url}/organizer/`)
    expect(new URL(there.url()).pathname).toBe('/organizer/')
    await toDevices(here)
    expect(await names(here)).toEqual(['Chrome on Linux This device', 'Chrome on Linux'])
    await here.getByRole('button', { name: 'Sign out Chrome on Linux' }).click()
    expect(await leaves(there)).toContain('You were signed out from another device.')
  })

  async function changePassword(): Promise<void> {
    await here.getByLabel('Current password').fill('password123')
    await here.getByLabel('New password').fill('password of some words')
    await here.getByRole('button', { name: 'Change password' }).click()
  }
})
