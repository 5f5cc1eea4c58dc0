import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeBrowser } from '../../../test/support/chromium.ts'
import { day } from '../support/app.ts'
import { openProfile, type Profile } from './profile.ts'
import { serveApp, type ServedApp } from './serve-app.ts'

const idleTimeout = 7 * day
const minute = 60

describeBrowser('the banner before an idle timeout', () => {
  let organizer: ServedApp
  let profile: Profile

  beforeAll(async () => void (profile = await openProfile()))
  afterAll(() => profile.close())
  afterEach(async () => {
    await profile.reset()
    await organizer.close()
  })

  /** Signs in and opens a page whose clock stands still. `requests` lists the paths that it requests afterwards. */
  async function openPage(path: string, { remember = true, absoluteTimeout = 30 * day } = {}) {
    organizer = await serveApp({
      sessions: { absoluteTimeout },
      dependencies: { lifetimes: { idleTimeout, absoluteTimeout } },
    })
    const page = await profile.context.newPage()
    await page.clock.install()
    await page.goto(`${organizer.url}/organizer/login?next=${path}`)
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('checkbox').setChecked(remember)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(organizer.url + path)
    await page.waitForLoadState('networkidle')
    const requests: string[] = []
    page.on('request', (request) => requests.push(new URL(request.url()).pathname))
    return { page, requests }
  }

  /** Advances the clocks of the server and the page. */
  async function advance(page: Page, seconds: number): Promise<void> {
    organizer.clock.advance(seconds)
    await page.clock.fastForward(seconds * 1000)
  }

  const banner = (page: Page) => page.getByRole('alert')
  const stayButton = (page: Page) => banner(page).getByRole('button', { name: 'Stay signed in' })
  const signInLink = (page: Page) => banner(page).getByRole('link', { name: 'Sign in again' })

  it('appears without a request, keeps the user’s input when the session has ended, and leads to sign-in', async () => {
    const { page, requests } = await openPage('/organizer/events/new')
    await page.getByLabel('Title').fill('Half a title')
    expect(await banner(page).innerText()).toBe('')

    await advance(page, idleTimeout - minute)
    await stayButton(page).waitFor()
    expect(await banner(page).innerText()).toContain("Still there? You'll be signed out in less than a minute.")
    await advance(page, minute)
    await signInLink(page).waitFor()
    expect(await banner(page).innerText()).toContain(
      "You were signed out because you hadn't used Organizer for a while. Your event is safe",
    )
    expect(await page.getByLabel('Title').inputValue()).toBe('Half a title')
    expect(requests).toEqual([])

    // Chromium measures a cookie's Max-Age in real time.
    await profile.context.clearCookies()
    await signInLink(page).click()
    await page.waitForURL(`${organizer.url}/organizer/draft?idle&next=%2Forganizer%2Fevents%2Fnew`)
    expect(await page.locator('main').innerText()).toContain(
      "You were signed out because you hadn't used Organizer for a while. Your event is safe",
    )
  })

  it('does not stop other links: they lead to the sign-in page, which gives the reason and leads back', async () => {
    const { page } = await openPage('/organizer/', { remember: false })
    await advance(page, idleTimeout)
    await signInLink(page).waitFor()
    await page.getByRole('link', { name: 'New event' }).click()
    await page.waitForURL(`${organizer.url}/organizer/login?next=%2Forganizer%2Fevents%2Fnew`)
    expect(await page.locator('main').innerText()).toContain(
      "You were signed out because you hadn't used Organizer for a while. Sign in to pick up where you left off.",
    )
  })

  it('disappears after a click on “Stay signed in”, and the session continues', async () => {
    const { page, requests } = await openPage('/organizer/')
    await advance(page, idleTimeout - minute)
    await stayButton(page).click()
    await stayButton(page).waitFor({ state: 'detached' })
    expect(await banner(page).innerText()).toBe('')
    expect(requests).toEqual(['/organizer/session'])

    await advance(page, idleTimeout - minute)
    await page.getByRole('link', { name: 'New event' }).click()
    await page.getByRole('heading', { name: 'New event' }).waitFor()
  })

  it('disappears without a request if the session is used in another tab', async () => {
    const { page, requests } = await openPage('/organizer/')
    await page.clock.fastForward((idleTimeout - minute) * 1000)
    await stayButton(page).waitFor()
    const other = await profile.context.newPage()
    await other.goto(`${organizer.url}/organizer/account`)
    await stayButton(page).waitFor({ state: 'detached' })

    await page.clock.fastForward((idleTimeout - minute) * 1000)
    await Promise.all([stayButton(page).waitFor(), stayButton(other).waitFor()])
    await stayButton(other).click()
    await stayButton(page).waitFor({ state: 'detached' })
    expect(requests).toEqual([])
  })

  it('appears two minutes before the end, counts down, and returns the focus', async () => {
    const { page } = await openPage('/organizer/events/new')
    await page.getByLabel('Place').focus()
    await advance(page, idleTimeout - 2 * minute - 1)
    expect(await banner(page).innerText()).toBe('')
    await advance(page, 5)
    await expect.poll(() => banner(page).innerText()).toContain('in 2 minutes')
    await advance(page, minute)
    await expect.poll(() => banner(page).innerText()).toContain('in less than a minute')
    expect(await focusedId(page)).toBe('place')

    await stayButton(page).focus()
    await page.keyboard.press('Enter')
    await stayButton(page).waitFor({ state: 'detached' })
    expect(await focusedId(page)).toBe('place')
  })

  it('says if the server cannot be reached, and lets the user try again', async () => {
    const { page } = await openPage('/organizer/')
    await advance(page, idleTimeout - minute)
    await page.route('**/organizer/session', (route) => route.abort())
    await stayButton(page).click()
    await banner(page).getByText("Organizer can't be reached right now.").waitFor()
    await page.unroute('**/organizer/session')
    await stayButton(page).click()
    await stayButton(page).waitFor({ state: 'detached' })
  })

  it('disappears after a search while typing, because that is use', async () => {
    const { page } = await openPage('/organizer/')
    await advance(page, idleTimeout - minute)
    await stayButton(page).waitFor()
    await page.getByLabel('Find an event').pressSequentially('fair')
    // The script waits for a pause in typing.
    await page.clock.runFor(1000)
    await stayButton(page).waitFor({ state: 'detached' })
  })

  it('asks to sign in again before the absolute timeout', async () => {
    const { page } = await openPage('/organizer/account', { absoluteTimeout: 110 })
    await signInLink(page).waitFor()
    expect(await banner(page).innerText()).toContain('we ask everyone to sign in again every')
    await signInLink(page).click()
    await page.waitForURL(`${organizer.url}/organizer/login?again&next=%2Forganizer%2Faccount`)
    await page.getByText('You are signed in as John Smith.').waitFor()
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${organizer.url}/organizer/account`)
  })
})

const focusedId = (page: Page) => page.evaluate<string>('document.activeElement.id')
