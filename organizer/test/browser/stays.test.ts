import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'

const oldKey = 'PZ0Vd9k1qFJ0y2mJrXoQm3E7Zt8wq5nB'
const newKey = 'x7Hk2LmQ9sTfVb4NcYw1RjZp6DgKa8Eu'

describeBrowser('a user who signs in with Chromium', () => {
  let organizer: OrganizerProcess
  let profile: string

  beforeEach(async () => {
    organizer = await organizerProcess()
    profile = await mkdtemp(join(tmpdir(), 'profile-'))
  })

  afterEach(async () => {
    await organizer.remove()
    await rm(profile, { recursive: true, force: true })
  })

  /** Opens the browser with the profile, uses it, and closes it completely. */
  async function useBrowser<Result>(use: (page: Page) => Promise<Result>): Promise<Result> {
    const context = await launchProfile(profile)
    try {
      return await use(await context.newPage())
    } finally {
      await context.close()
    }
  }

  async function signIn(page: Page, remember = true): Promise<void> {
    await page.goto(`${organizer.url}/organizer/login`)
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('checkbox').setChecked(remember)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${organizer.url}/organizer/`)
  }

  const openDashboard = (page: Page) =>
    page.goto(`${organizer.url}/organizer/`).then(() => new URL(page.url()).pathname)

  const sessionCookie = async (page: Page) =>
    (await page.context().cookies(organizer.url)).find(({ name }) => name === 'session')?.value

  it('stays signed in after the browser was closed and opened again', async () => {
    await organizer.start()
    await useBrowser((page) => signIn(page))

    expect(await useBrowser(openDashboard)).toBe('/organizer/')
  })

  it('is signed out after the browser was closed, without “Stay signed in”', async () => {
    await organizer.start()
    await useBrowser((page) => signIn(page, false))

    expect(await useBrowser(openDashboard)).toBe('/organizer/login')
  })

  it('stays signed in after the server was restarted', async () => {
    await organizer.start()
    await useBrowser(async (page) => {
      await signIn(page)
      await organizer.stop()
      await organizer.start()

      expect(await openDashboard(page)).toBe('/organizer/')
    })
  })

  it('stays signed in after the key was rotated, and gets a cookie of the new key', async () => {
    await organizer.start({ SECRET_KEY: oldKey })
    await useBrowser(async (page) => {
      await signIn(page)
      const before = await sessionCookie(page)
      await organizer.stop()
      await organizer.start({ SECRET_KEY: newKey, SECRET_KEY_FALLBACKS: oldKey })

      expect(await openDashboard(page)).toBe('/organizer/')
      expect(await sessionCookie(page)).not.toBe(before)

      await organizer.stop()
      await organizer.start({ SECRET_KEY: newKey })
      expect(await openDashboard(page)).toBe('/organizer/')
    })
  })
})
