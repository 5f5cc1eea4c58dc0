import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeBrowser } from '../../../test/support/chromium.ts'
import { openProfile, type Profile } from './profile.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'

describeBrowser('a user who is signed in on two devices', () => {
  let organizer: OrganizerProcess
  let profiles: Profile[]
  let here: Page
  let there: Page

  beforeAll(async () => void (profiles = await Promise.all([openProfile(), openProfile()])))
  afterAll(() => Promise.all(profiles.map((profile) => profile.close())))

  beforeEach(async () => {
    organizer = await organizerProcess()
    ;[here, there] = (await Promise.all(profiles.map(({ context }) => context.newPage()))) as [Page, Page]
  })

  afterEach(async () => {
    for (const profile of profiles) await profile.reset()
    await organizer.remove()
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

  /** Waits until a page goes to the sign-in page by itself, and resolves to the reason there. */
  async function signOutReason(page: Page): Promise<string> {
    await page.waitForURL((url) => url.pathname === '/organizer/login', { timeout: 3000 })
    expect(new URL(page.url()).searchParams.get('next')).toBe('/organizer/')
    return page.getByRole('status').first().innerText()
  }

  const names = (page: Page) => page.getByRole('listitem').getByRole('heading').allInnerTexts()

  it('signs the other device out, whose page goes to the sign-in page, gives the reason, and leads back', async () => {
    await organizer.start()
    await signIn(there)
    await signIn(here)
    await toDevices(here)
    expect(await names(here)).toEqual(['Chrome on Linux This device', 'Chrome on Linux'])
    await here.getByRole('button', { name: 'Sign out Chrome on Linux' }).click()
    await here.getByText('Chrome on Linux was signed out.').waitFor()
    expect(await names(here)).toEqual(['Chrome on Linux This device'])

    expect(await signOutReason(there)).toContain('You were signed out from another device.')
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
    await here.getByText('Signed out of your other device.').waitFor()
    expect(await signOutReason(there)).toContain('You were signed out from another device.')

    await organizer.stop()
    await organizer.start()
    await toDevices(here)
    expect(await names(here)).toEqual(['Chrome on Linux This device'])
  })

  it('changes the password, which signs the other device out', async () => {
    await organizer.start()
    await signIn(there)
    await signIn(here)
    await here.goto(`${organizer.url}/organizer/account`)
    expect(await here.getByRole('checkbox', { name: 'Sign out everywhere else' }).isChecked()).toBe(true)
    await changePassword()
    await here.getByText('Your other devices were signed out.').waitFor()
    expect(await signOutReason(there)).toContain('if the password changed, use the new one.')
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

  it('stays signed in on both after sessions moved from cookies to SQLite, and both are listed', async () => {
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
    expect(await signOutReason(there)).toContain('You were signed out from another device.')
  })

  async function changePassword(): Promise<void> {
    await here.getByLabel('Current password').fill('password123')
    await here.getByLabel('New password').fill('password of some words')
    await here.getByRole('button', { name: 'Change password' }).click()
  }
})
