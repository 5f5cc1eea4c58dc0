import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'

const idleTimeout = 10 // seconds: the banner comes in the last fifth
const sevenDays = 7 * 86_400_000

describeBrowser('before a sign-in idles out, a banner', { timeout: 90_000 }, () => {
  let organizer: OrganizerProcess
  let profile: string
  let context: BrowserContext

  beforeEach(async () => {
    organizer = await organizerProcess()
    profile = await mkdtemp(join(tmpdir(), 'profile-'))
    context = await launchProfile(profile)
  })

  afterEach(async () => {
    await context.close()
    await organizer.remove()
    await rm(profile, { recursive: true, force: true })
  })

  async function start(env: Record<string, string> = { PERMANENT_SESSION_LIFETIME: String(idleTimeout) }) {
    await organizer.start(env)
  }

  /** Somebody signed in, at a page of theirs; and what that page has asked the server since. */
  async function signedIn(
    path: string,
    { fakeClock = false, remember = true } = {},
  ): Promise<{ page: Page; asked: string[] }> {
    const page = await context.newPage()
    if (fakeClock) await page.clock.install()
    await page.goto(`${organizer.url}/organizer/login?next=${path}`)
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('checkbox').setChecked(remember)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(organizer.url + path)
    await page.waitForLoadState('networkidle')
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    return { page, asked }
  }

  const banner = (page: Page) => page.getByRole('alert')
  const stay = (page: Page) => banner(page).getByRole('button', { name: 'Stay signed in' })

  it('appears, asks the server nothing, and without a click the sign-in is over; what was typed stays', async () => {
    await start()
    const { page, asked } = await signedIn('/organizer/events/new')
    await page.getByLabel('Title').fill('Half a title')
    expect(await banner(page).innerText()).toBe('')

    await stay(page).waitFor()
    expect(await banner(page).innerText()).toContain(
      'You will be signed out in less than a minute, since you have not used Organizer for a while.',
    )
    const over = banner(page).getByRole('link', { name: 'Sign in again' })
    await over.waitFor()
    expect(await banner(page).innerText()).toContain(
      'You have been signed out, since you had not used Organizer for a while.',
    )
    expect(await page.getByLabel('Title').inputValue()).toBe('Half a title')
    expect(asked).toEqual([])

    await over.click()
    await page.waitForURL(`${organizer.url}/organizer/login?idle&next=%2Forganizer%2Fevents%2Fnew`)
    expect(await page.locator('main').innerText()).toContain(
      'You were signed out, since you had not used Organizer for a while. Sign in again to go on where you were.',
    )
  })

  it('leaves any other click to the sign-in page, which says why and comes back', async () => {
    await start({ PERMANENT_SESSION_LIFETIME: '4' })
    const { page } = await signedIn('/organizer/', { remember: false })
    await banner(page).getByRole('link', { name: 'Sign in again' }).waitFor()
    await page.getByRole('link', { name: 'New event' }).click()
    await page.waitForURL(`${organizer.url}/organizer/login?next=%2Forganizer%2Fevents%2Fnew`)
    expect(await page.locator('main').innerText()).toContain(
      'You were away for too long. Sign in again to go on where you were.',
    )
  })

  it('goes with a click on “Stay signed in”, and the sign-in stays', async () => {
    await start()
    const { page, asked } = await signedIn('/organizer/')
    const began = Date.now()
    await stay(page).click()
    await stay(page).waitFor({ state: 'detached' })
    expect(await banner(page).innerText()).toBe('')
    expect(asked).toEqual(['/organizer/session'])

    await page.waitForTimeout(began + (idleTimeout + 2) * 1000 - Date.now())
    await page.getByRole('link', { name: 'New event' }).click()
    await page.getByRole('heading', { name: 'New event' }).waitFor()
  })

  it('goes where the sign-in is used in another tab, and asks the server nothing', async () => {
    await start({})
    const { page, asked } = await signedIn('/organizer/', { fakeClock: true })
    await page.clock.fastForward(sevenDays - 60_000)
    await stay(page).waitFor()
    const other = await context.newPage()
    await other.goto(`${organizer.url}/organizer/account`)
    await stay(page).waitFor({ state: 'detached' })

    await page.clock.fastForward(sevenDays - 60_000)
    await Promise.all([stay(page).waitFor(), stay(other).waitFor()])
    await stay(other).click()
    await stay(page).waitFor({ state: 'detached' })
    expect(asked).toEqual([])
  })

  it('comes two minutes before, counts down, and gives the focus back where it was', async () => {
    await start({})
    const { page } = await signedIn('/organizer/events/new', { fakeClock: true })
    await page.getByLabel('Place').focus()
    await page.clock.fastForward(sevenDays - 121_000)
    expect(await banner(page).innerText()).toBe('')
    await page.clock.fastForward(5_000)
    await expect.poll(() => banner(page).innerText()).toContain('in 2 minutes')
    await page.clock.fastForward(60_000)
    await expect.poll(() => banner(page).innerText()).toContain('in less than a minute')
    expect(await focused(page)).toBe('place')

    await stay(page).focus()
    await page.keyboard.press('Enter')
    await stay(page).waitFor({ state: 'detached' })
    expect(await focused(page)).toBe('place')
  })

  it('says so when the server cannot be reached, and lets somebody try again', async () => {
    await start({})
    const { page } = await signedIn('/organizer/', { fakeClock: true })
    await page.clock.fastForward(sevenDays - 60_000)
    await page.route('**/organizer/session', (route) => route.abort())
    await stay(page).click()
    await banner(page).getByText('Organizer cannot be reached right now.').waitFor()
    await page.unroute('**/organizer/session')
    await stay(page).click()
    await stay(page).waitFor({ state: 'detached' })
  })

  it('is not needed after a search as one types, which is use', async () => {
    await start({})
    const { page } = await signedIn('/organizer/', { fakeClock: true })
    await page.clock.fastForward(sevenDays - 60_000)
    await stay(page).waitFor()
    await page.getByLabel('Find an event').pressSequentially('fair')
    await stay(page).waitFor({ state: 'detached' })
  })

  it('asks to sign in again where a sign-in ends for its age', async () => {
    await start({ SESSION_ABSOLUTE_LIFETIME: '110' })
    const { page } = await signedIn('/organizer/account')
    const again = banner(page).getByRole('link', { name: 'Sign in again' })
    await again.waitFor()
    expect(await banner(page).innerText()).toContain('since you signed in long ago')
    await again.click()
    await page.waitForURL(`${organizer.url}/organizer/login?again&next=%2Forganizer%2Faccount`)
    expect(await page.getByLabel('Email').inputValue()).toBe('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${organizer.url}/organizer/account`)
  })
})

const focused = (page: Page) => page.evaluate<string>('document.activeElement.id')
