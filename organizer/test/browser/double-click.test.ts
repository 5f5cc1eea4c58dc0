import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeBrowser } from '../../../test/support/chromium.ts'
import { startHttpProxy } from '../../../test/support/servers/server.ts'
import { openProfile, type Profile } from './profile.ts'
import { withoutScripts } from './scripts.ts'
import { serveApp, type ServedApp } from './serve-app.ts'

describeBrowser('a user who double-clicks', () => {
  let organizer: ServedApp
  let slow: Awaited<ReturnType<typeof slowServer>>
  let profile: Profile
  let page: Page

  beforeAll(async () => void (profile = await openProfile()))
  afterAll(() => profile.close())

  afterEach(async () => {
    await profile.reset()
    await slow.stop()
    await organizer.close()
  })

  async function openPage(sessionType: 'sqlite' | 'cookie' = 'sqlite'): Promise<void> {
    organizer = await serveApp({ sessionType })
    slow = await slowServer(organizer.url)
    page = await profile.context.newPage()
  }

  async function fillIn(): Promise<void> {
    await page.goto(`${slow.url}/organizer/login`)
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
  }

  const signIn = () => page.getByRole('button', { name: 'Sign in' })
  const heading = () => page.getByRole('heading', { level: 1 })

  it('on “Sign in” signs in, once', async () => {
    await openPage()
    await fillIn()
    await signIn().dblclick({ delay: 100 })
    await page.waitForURL(`${slow.url}/organizer/`)
    expect(await heading().innerText()).toBe('Hello, John')
    expect(slow.posts).toEqual(['/organizer/login'])
  })

  it('on “Create event” creates one event', async () => {
    await openPage()
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
    await openPage()
    await withoutScripts(page)
    await fillIn()
    await signIn().dblclick({ delay: 100 })
    // Poll instead of waiting for a navigation, because the second click aborts the first one.
    await expect.poll(() => page.url(), { timeout: 10_000 }).toBe(`${slow.url}/organizer/`)
    expect(slow.posts).toHaveLength(2)
    expect(await heading().innerText()).toBe('Hello, John')
  })

  it('on “Sign in” without scripts gets a form that signs in, if sessions are stored in cookies', async () => {
    await openPage('cookie')
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

  it('and stops the page from loading can send the form again after 10 seconds, or at once after “Back”', async () => {
    await openPage()
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
