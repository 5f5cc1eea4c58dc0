import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { startHttpProxy } from '../../../test/support/servers/server.ts'
import { withoutScripts } from './scripts.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'

describeBrowser('somebody who double-clicks', () => {
  let organizer: OrganizerProcess
  let slow: Awaited<ReturnType<typeof slowServer>>
  let profile: string
  let context: BrowserContext
  let page: Page

  beforeEach(async () => {
    organizer = await organizerProcess()
    await organizer.start()
    slow = await slowServer(organizer.url)
    profile = await mkdtemp(join(tmpdir(), 'profile-'))
    context = await launchProfile(profile)
    page = await context.newPage()
  })

  afterEach(async () => {
    await context.close()
    await slow.stop()
    await organizer.remove()
    await rm(profile, { recursive: true, force: true })
  })

  async function fillIn(): Promise<void> {
    const arrive = () => page.goto(`${slow.url}/organizer/login`)
    // A browser that has only just started may abort the first page it is sent to.
    await arrive().catch((error: unknown) => {
      if (!String(error).includes('net::ERR_ABORTED')) throw error
      return arrive()
    })
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
  }

  const signIn = () => page.getByRole('button', { name: 'Sign in' })
  const heading = () => page.getByRole('heading', { level: 1 })

  it('on “Sign in” signs in, once', async () => {
    await fillIn()
    await signIn().dblclick({ delay: 100 })
    await page.waitForURL(`${slow.url}/organizer/`)
    expect(await heading().innerText()).toBe('Hello, John')
    expect(slow.posts).toEqual(['/organizer/login'])
  })

  it('on “Create event” makes one event', async () => {
    await fillIn()
    await signIn().click()
    await page.waitForURL(`${slow.url}/organizer/`)
    await page.getByRole('link', { name: 'New event' }).click()
    await page.getByLabel('Title').fill('Twice clicked')
    await page.getByLabel('Date').fill('2030-01-01')
    await page.getByLabel('Time').fill('10:00')
    await page.getByLabel('Place').fill('Here')
    await page.getByRole('button', { name: 'Create event' }).dblclick({ delay: 100 })
    await page.waitForURL(`${slow.url}/organizer/`)
    expect(await page.getByRole('heading', { name: 'Twice clicked' }).count()).toBe(1)
  })

  it('on “Sign in” without scripts signs in', async () => {
    await withoutScripts(page)
    await fillIn()
    await signIn().dblclick({ delay: 100 })
    // Not by waiting for a navigation: the second click breaks off that of the first.
    await expect.poll(() => page.url(), { timeout: 10_000 }).toBe(`${slow.url}/organizer/`)
    expect(slow.posts).toHaveLength(2)
    expect(await heading().innerText()).toBe('Hello, John')
  })

  it('on “Sign in” without scripts is left with a form that signs in, where sessions are in cookies', async () => {
    await organizer.stop()
    await organizer.start({ SESSION_TYPE: 'cookie' })
    await withoutScripts(page)
    await fillIn()
    await signIn().dblclick({ delay: 100 })
    const summary = page.getByRole('alert')
    await summary.waitFor()
    expect(slow.posts).toHaveLength(2)
    expect(await summary.innerText()).toBe('This form was out of date. Enter your password once more.')
    expect(await page.getByLabel('Email').inputValue()).toBe('john.smith@example.com')

    await page.getByLabel('Password', { exact: true }).fill('password123')
    await signIn().click()
    await page.waitForURL(`${slow.url}/organizer/`)
    expect(await heading().innerText()).toBe('Hello, John')
  })

  it('and stops the page from loading can send the form again after a while, and at once when coming back', async () => {
    await page.clock.install()
    await fillIn()
    await page.route('**/organizer/login', (route) => route.abort('aborted'))
    const busy = page.locator('[aria-disabled="true"]')
    await page.keyboard.press('Enter')
    await busy.waitFor()
    await page.clock.runFor(10_000)
    expect(await busy.count()).toBe(0)

    await page.keyboard.press('Enter')
    await busy.waitFor()
    await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
    expect(await busy.count()).toBe(0)
  })
})

/** Passes requests on to another server, and delays its responses to forms, as a slow network does. */
async function slowServer(target: string) {
  const posts: string[] = []
  const pickTarget = ({ method, url = '/' }: IncomingMessage) => {
    if (method === 'POST') posts.push(url)
    return target
  }
  const { url, stop } = await startHttpProxy(pickTarget, {
    onResponse: (_target, _response, { method }) => sleep(method === 'POST' ? 600 : 0),
  })
  return { url, posts, stop }
}
