import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { day } from '../support/app.ts'
import { openProfile } from './profile.ts'
import { serveApp } from './serve-app.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'

const widths = [1280, 390, 320]
const guestPages = ['/organizer/login', '/organizer/nothing']
const pages = ['/organizer/', '/organizer/devices', '/organizer/account', '/organizer/events/new']

describeBrowser('the layout of the pages', () => {
  let organizer: OrganizerProcess
  let profile: string
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    organizer = await organizerProcess()
    await organizer.start()
    profile = await mkdtemp(join(tmpdir(), 'profile-'))
    context = await launchProfile(profile)
    page = await context.newPage()
  })

  afterAll(async () => {
    await context.close()
    await organizer.remove()
    await rm(profile, { recursive: true, force: true })
  })

  const open = (path: string) => page.goto(organizer.url + path)
  const at = (width: number) => page.setViewportSize({ width, height: 844 })

  async function signIn(): Promise<void> {
    await open('/organizer/login?demo')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${organizer.url}/organizer/`)
  }

  it('has the logo at the same place on every page, and the content below it, or in the middle', async () => {
    const found = new Map<number, Set<string>>()
    async function look(path: string) {
      await open(path)
      for (const width of widths) {
        await at(width)
        const [mark, heading, foot] = [await box('.mark'), await box('h1'), await box('.foot p')]
        const places = found.get(width) ?? new Set()
        found.set(width, places.add(`${mark.x} ${mark.y} ${foot.x}`))
        const isCentered = await page.locator('body').evaluate((body) => body.className !== 'wide')
        const inMiddle = width / 2 - (heading.x + heading.width / 2)
        if (isCentered && width === 1280) expect(Math.abs(inMiddle)).toBeLessThan(1)
        else expect(heading.x).toBe(mark.x)
      }
    }
    for (const path of guestPages) await look(path)
    await signIn()
    for (const path of pages) await look(path)
    for (const width of widths)
      expect({ width, places: [...found.get(width)!] }).toMatchObject({ places: { length: 1 } })
  })

  it('uses the width of a large screen, and ends the header where the content ends', async () => {
    await page.setViewportSize({ width: 1920, height: 1080 })
    await open('/organizer/')
    expect((await box('.columns')).width).toBeGreaterThan(1400)
    for (const [path, content] of [
      ['/organizer/', '.columns'],
      ['/organizer/account', '.card >> nth=-1'],
      ['/organizer/devices', '.card >> nth=-1'],
    ] as const) {
      await open(path)
      for (const width of [1920, 1280]) {
        await at(width)
        const [last, signOut] = [await box(content), await box(page.getByRole('button', { name: 'Sign out' }).first())]
        expect(signOut.x + signOut.width - 17).toBeCloseTo(last.x + last.width, 0)
      }
    }
  })

  it('has the menu of the account within the edges of a phone', async () => {
    await at(390)
    await open('/organizer/account')
    expect((await box('.menu [aria-current]')).x).toBe((await box('h1')).x)
  })

  it('shows the focus of a ticked box, and the link that skips the header', async () => {
    await open('/organizer/account')
    const tick = page.getByRole('checkbox')
    await page.getByLabel('New password').focus()
    while (!(await tick.evaluate((box) => box.matches(':focus')))) await page.keyboard.press('Tab')
    const outline = 'const { outlineStyle, outlineOffset } = getComputedStyle(document.activeElement); '
    expect(await page.evaluate(`${outline}[outlineStyle, outlineOffset]`)).toEqual(['solid', '2px'])

    for (const width of widths) {
      await at(width)
      await open('/organizer/')
      await page.keyboard.press('Tab')
      const [skip, brand] = [await box('.skip:focus'), await box('.brand')]
      const mark = await box('.mark')
      expect(skip.x).toBeLessThanOrEqual(brand.x)
      expect(skip.y).toBeLessThan(mark.y)
      expect(skip.x + skip.width).toBeGreaterThanOrEqual(brand.x + brand.width)
      expect(skip.y + skip.height).toBeGreaterThan(mark.y + mark.height)
    }
  })

  it('aligns a header of two rows to the right, and does not scroll sideways', async () => {
    await at(320)
    await open('/organizer/')
    const [brand, signOut] = [await box('.brand'), await box(page.getByRole('button', { name: 'Sign out' }))]
    expect(signOut.y).toBeGreaterThanOrEqual(brand.y + brand.height)
    // Only the button's text is visible. It ends where the content ends.
    expect(signOut.x + signOut.width - 13).toBeCloseTo(320 - 16, 0)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  })

  it('wraps a long title below the button', async () => {
    await at(390)
    await open('/organizer/events/new')
    await page.getByLabel('Title').fill('A title of single words on and on, over three lines of a card or so')
    await page.getByLabel('Date').fill('2030-01-01')
    await page.getByLabel('Time').fill('10:00')
    await page.getByLabel('Place').fill('Hollow Wood')
    await page.getByRole('button', { name: 'Create event' }).click()
    const card = page.getByRole('listitem').filter({ hasText: 'A title of single words' })
    const edit = await box(card.getByRole('link', { name: 'Edit' }))
    const ends = await card.locator('h3 > a').evaluate((title) => [...title.getClientRects()].map(({ right }) => right))
    expect(ends.length).toBeGreaterThan(1)
    expect(ends[0]).toBeLessThanOrEqual(edit.x)
    expect(Math.max(...ends)).toBeGreaterThan(edit.x)
  })

  it('has the banner at the bottom, and no “Sign out” button after the user was signed out', async () => {
    await at(1280)
    await page.clock.install()
    await open('/organizer/')
    await page.clock.fastForward(7 * 86_400_000 - 60_000)
    await page.getByRole('button', { name: 'Stay signed in' }).waitFor()
    const signOut = page.getByRole('button', { name: 'Sign out' })
    expect(await signOut.isVisible()).toBe(true)
    const banner = await box('#idle')
    expect([banner.x, banner.width, banner.y + banner.height]).toEqual([0, 1280, 844])
    expect((await box('#idle .icon')).x).toBe((await box('.mark')).x)

    await page.clock.fastForward(120_000)
    await page.getByRole('link', { name: 'Sign in again' }).waitFor()
    expect([await signOut.count(), await page.getByRole('link', { name: 'Your account' }).count()]).toEqual([0, 0])
  })

  async function box(what: string | Locator) {
    const found = await (typeof what === 'string' ? page.locator(what).first() : what).boundingBox()
    if (found === null) throw new Error(`not seen: ${String(what)}`)
    return found
  }
})

describeBrowser('the devices page', () => {
  it('has one row for each of 50 sign-ins, on a phone with the buttons beside the name', async () => {
    const [organizer, profile] = [await serveApp(), await openProfile()]
    const john = (await organizer.people.findByEmail('john.smith@example.com'))!
    // Not through the sign-in page, which limits sign-ins.
    for (let times = 0; times < 50; times++) {
      const session = await organizer.sessions.open(null)
      session.signIn(String(john.id), { label: `Chrome on Windows|203.0.${100 + times}` })
      await organizer.sessions.commit(session)
    }
    organizer.clock.advance(day)
    const page = await profile.context.newPage()
    await page.goto(`${organizer.url}/organizer/login?demo&next=/organizer/devices`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${organizer.url}/organizer/devices`)
    for (const [width, maxHeight] of [
      [1280, 80],
      [390, 95],
    ] as const) {
      await page.setViewportSize({ width, height: 844 })
      const rows = await page.locator('.device').evaluateAll((all) =>
        all.map((row) => {
          const [name, buttons] = ['h2', '.device-actions'].map((part) =>
            row.querySelector(part)!.getBoundingClientRect(),
          )
          return { height: row.getBoundingClientRect().height, isBeside: buttons!.top < name!.bottom }
        }),
      )
      expect(rows).toHaveLength(51)
      expect(Math.max(...rows.map(({ height }) => height))).toBeLessThan(maxHeight)
      expect(rows.every(({ isBeside }) => isBeside)).toBe(true)
    }
    await profile.close()
    await organizer.close()
  })
})
