import type { Page } from 'playwright-core'
import { createSessions } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeBrowser } from '../../../test/support/chromium.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import { day, secret } from '../support/app.ts'
import { openProfile, type Profile } from './profile.ts'
import { withoutScripts } from './scripts.ts'
import { serveApp, type ServedApp } from './serve-app.ts'

const idleTimeout = 7 * day
const newEvent = '/organizer/events/new'

describeBrowser('a half-typed event', () => {
  let organizer: ServedApp
  let profile: Profile

  beforeAll(async () => void (profile = await openProfile()))
  afterAll(() => profile.close())
  afterEach(async () => {
    await profile.reset()
    await organizer.close()
  })

  async function signIn(page: Page, password = 'password123'): Promise<void> {
    await page.getByLabel('Password', { exact: true }).fill(password)
    if (await page.getByLabel('Email').isVisible()) await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** Opens a page as John, in which he types half an event. */
  async function typing({ scripts = true, path = newEvent, prepare = async (_: Page) => {} } = {}): Promise<Page> {
    const page = await profile.context.newPage()
    await prepare(page)
    if (!scripts) await withoutScripts(page)
    await page.goto(`${organizer.url}/organizer/login?next=${encodeURIComponent(path)}`)
    await signIn(page)
    await page.waitForURL(organizer.url + path)
    await page.getByLabel('Title').fill('Board meeting')
    await page.getByLabel('Description').fill('Bring the\nminutes.')
    return page
  }

  /** Checks that the sign-in page keeps the event, says why, and that the event is in its form after the sign-in. */
  async function expectKept(page: Page, why: string, path = newEvent, password?: string): Promise<void> {
    const note = page.locator('main').getByText('Your event is safe: sign in, and “Board meeting” will be waiting.')
    await note.waitFor({ timeout: 5000 })
    expect(await note.innerText()).toContain(why)
    await signIn(page, password)
    await page.waitForURL(organizer.url + path)
    await page.getByText('Your event is safe, but not saved yet.').waitFor()
    expect(await page.getByLabel('Title').inputValue()).toBe('Board meeting')
    expect(await page.getByLabel('Description').inputValue()).toBe('Bring the\nminutes.')
  }

  /** Signs John out in another tab. */
  async function signOutInAnotherTab(): Promise<void> {
    const other = await profile.context.newPage()
    await other.goto(`${organizer.url}/organizer/`)
    await other.getByRole('button', { name: 'Sign out' }).click()
    await other.getByText('You are signed out.').waitFor()
    await other.close()
  }

  const john = async () => (await organizer.people.findByEmail('john.smith@example.com'))!
  const idles = async (page: Page, seconds: number) => {
    organizer.clock.advance(seconds)
    await page.clock.fastForward(seconds * 1000)
  }
  const banner = (page: Page) => page.getByRole('alert').last()
  const withClock = { prepare: (page: Page) => page.clock.install() }
  const create = (page: Page) => page.getByRole('button', { name: 'Create event' }).click()

  it('is kept if the session idles out, by “Create event”', async () => {
    organizer = await serveApp()
    const page = await typing(withClock)
    await idles(page, idleTimeout)
    await page.evaluate('document.forms[1].noValidate = true')
    await create(page)
    await expectKept(page, 'You were signed out because you hadn')
  })

  it('is kept if the session idles out, by the button of the banner, which says so', async () => {
    organizer = await serveApp()
    const page = await typing(withClock)
    await idles(page, idleTimeout)
    await banner(page).getByText('Your event is safe: it will be waiting after you sign in.').waitFor()
    // Chromium measures a cookie's Max-Age in real time.
    await profile.context.clearCookies({ name: 'session' })
    await page.getByRole('link', { name: 'Sign in again' }).click()
    await expectKept(page, 'You were signed out because you hadn')
  })

  it('is kept by the banner before the absolute timeout', async () => {
    const absoluteTimeout = 110
    organizer = await serveApp({
      sessions: { absoluteTimeout },
      dependencies: { lifetimes: { idleTimeout, absoluteTimeout } },
    })
    const page = await typing()
    await page.getByRole('link', { name: 'Sign in again' }).click()
    await expectKept(page, 'Enter your password to stay signed in')
  })

  it.each([true, false])('is kept if the user signs out in another tab (scripts: %s)', async (scripts) => {
    organizer = await serveApp()
    const page = await typing({ scripts })
    await signOutInAnotherTab()
    if (!scripts) {
      await page.getByLabel('Date').fill('2030-01-01')
      await page.getByLabel('Time').fill('10:00')
      await page.getByLabel('Place').fill('Here')
      await create(page)
    }
    await expectKept(
      page,
      scripts ? 'You were signed out in this browser.' : 'Your session ended while you were typing.',
    )
  })

  it('is kept if the user signs out on another device, and so is the email address', async () => {
    organizer = await serveApp()
    const page = await typing()
    await organizer.sessions.revokeAll(String((await john()).id))
    await page.waitForURL(/\/organizer\/draft\?ended=revoked/)
    expect(await page.getByLabel('Email').inputValue()).toBe('john.smith@example.com')
    expect(await page.evaluate('document.activeElement.id')).toBe('password')
    await expectKept(page, 'You were signed out from another device.')
  })

  it('is kept in its own form if it was being edited', async () => {
    organizer = await serveApp()
    const [event] = await organizer.events.listByOwner((await john()).id)
    const path = `/organizer/events/${event!.id}/edit`
    const page = await typing({ path })
    await organizer.sessions.revokeAll(String((await john()).id))
    await expectKept(page, 'You were signed out from another device.', path)
  })

  it('is kept if too many other devices sign in', async () => {
    organizer = await serveApp({
      sessions: { secrets: [secret], store: sqliteStore(await openSqlite(':memory:')), maxSessions: 1 },
    })
    const page = await typing()
    const phone = await organizer.sessions.open(null)
    phone.signIn(String((await john()).id))
    await organizer.sessions.commit(phone)
    await expectKept(page, 'you signed in on too many other devices')
  })

  it.each(['idles out', 'is ended on another device'])(
    'is kept without scripts if the session %s, by “Create event”',
    async (what) => {
      organizer = await serveApp()
      const page = await typing({ scripts: false })
      for (const label of ['Date', 'Time', 'Place']) await page.getByLabel(label).fill(filled[label]!)
      if (what === 'idles out') organizer.clock.advance(idleTimeout)
      else await organizer.sessions.revokeAll(String((await john()).id))
      await create(page)
      await expectKept(
        page,
        what === 'idles out' ? 'You were signed out because you hadn' : 'You were signed out from another device.',
      )
    },
  )

  it.each([true, false])('is kept if the key of the server is lost (scripts: %s)', async (scripts) => {
    organizer = await serveApp()
    const page = await typing({ scripts })
    const [cookie] = (await profile.context.cookies()).filter(({ name }) => name === 'session')
    // A cookie of another key cannot be read either.
    const other = createSessions({ secrets: ['another key of these tests, 32 bytes or more'] })
    const session = await other.open(null)
    session.signIn('1')
    const [, value] = /^session=([^;]+)/.exec((await other.commit(session)).getSetCookie()[0]!)!
    await profile.context.addCookies([{ ...cookie!, value: value! }])
    for (const label of ['Date', 'Time', 'Place']) await page.getByLabel(label).fill(filled[label]!)
    await create(page)
    await expectKept(page, "We couldn't read your sign-in.")
  })

  it('is kept if the password is changed on another device, with a store', async () => {
    organizer = await serveApp()
    const page = await typing()
    const phone = await profile.context.browser()!.newContext()
    const account = await phone.newPage()
    await account.goto(`${organizer.url}/organizer/login?next=/organizer/account`)
    await signIn(account)
    await account.getByLabel('Current password').fill('password123')
    await account.getByLabel('New password').fill('password of some words')
    await account.getByRole('button', { name: 'Change password' }).click()
    await account.getByText('Your other devices were signed out.').waitFor()
    await phone.close()
    await page.waitForURL(/\/organizer\/draft\?ended=revoked/)
    await expectKept(page, 'You were signed out from another device.', newEvent, 'password of some words')
  })

  it.each([true, false])('is kept if the password is changed elsewhere (scripts: %s)', async (scripts) => {
    organizer = await serveApp({ sessionType: 'cookie' })
    const page = await typing({ scripts })
    const { id, passwordHash } = await john()
    await organizer.people.changePassword(id, passwordHash, { expectedNumber: 1 })
    if (scripts) await page.evaluate('document.forms[1].noValidate = true')
    else for (const label of ['Date', 'Time', 'Place']) await page.getByLabel(label).fill(filled[label]!)
    await create(page)
    await expectKept(page, 'Your password was changed')
  })

  it.each([true, false])(
    'is kept if the store does not answer, until it is sent again (scripts: %s)',
    async (scripts) => {
      const store = sqliteStore(await openSqlite(':memory:'))
      let isDown = false
      const read: typeof store.read = async (key, ...rest) => {
        if (isDown) throw new Error('read ECONNRESET')
        return store.read(key, ...rest)
      }
      organizer = await serveApp({ sessions: { secrets: [secret], store: { ...store, read }, unconfirmedFor: 0 } })
      const page = await typing({ scripts })
      for (const label of ['Date', 'Time', 'Place']) await page.getByLabel(label).fill(filled[label]!)
      isDown = true
      await create(page)
      await page.getByText('Your event is safe: this page keeps “Board meeting”.').waitFor()
      await page.getByRole('button', { name: 'Send again' }).click()
      await page.getByText('Your event is safe: this page keeps “Board meeting”.').waitFor()
      isDown = false
      await page.waitForTimeout(1100) // the circuit breaker asks once a second
      await page.getByRole('button', { name: 'Send again' }).click()
      await page.getByText('“Board meeting” is on your list.').waitFor()
    },
  )

  it('is not left without a question, except by its own buttons', async () => {
    organizer = await serveApp()
    const page = await typing()
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.type())
      return dialog.dismiss()
    })
    await page.getByRole('link', { name: 'Cancel' }).click()
    await expect.poll(() => asked).toEqual(['beforeunload'])
    expect(await page.getByLabel('Title').inputValue()).toBe('Board meeting')

    for (const label of ['Date', 'Time', 'Place']) await page.getByLabel(label).fill(filled[label]!)
    await create(page)
    await page.getByText('“Board meeting” is on your list.').waitFor()
    await page.getByRole('link', { name: 'New event' }).click()
    await page.getByRole('link', { name: 'Cancel' }).click()
    await page.waitForURL(`${organizer.url}/organizer/`)
    expect(asked).toHaveLength(1)
  })

  it('is not deleted without a question, with what was typed', async () => {
    organizer = await serveApp()
    const [event] = await organizer.events.listByOwner((await john()).id)
    const page = await typing({ path: `/organizer/events/${event!.id}/edit` })
    let agrees = false
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.message())
      return agrees ? dialog.accept() : dialog.dismiss()
    })
    const question = 'Delete this event, and the changes that you have not saved?'
    await page.getByRole('button', { name: 'Delete event' }).click()
    await expect.poll(() => asked).toEqual([question])
    expect(await page.getByLabel('Title').inputValue()).toBe('Board meeting')
    expect(await page.locator('[aria-disabled]').count()).toBe(0)

    agrees = true
    await page.getByRole('button', { name: 'Delete event' }).click()
    await page.getByText(`“${event!.title}” was deleted.`).waitFor()
    expect(asked).toEqual([question, question])
  })

  it('keeps the session alive while it is typed, with a request a minute at most', async () => {
    organizer = await serveApp({ sessions: { touchAfter: 60 } })
    const page = await typing(withClock)
    const asked: string[] = []
    page.on('requestfinished', (request) => asked.push(new URL(request.url()).pathname))
    for (let minutes = 0; minutes < 3; minutes++) {
      await idles(page, 61)
      await page.getByLabel('Description').pressSequentially('on and on', { noWaitAfter: true })
      await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(minutes + 1)
    }
    expect(asked).toEqual(['/organizer/session', '/organizer/session', '/organizer/session'])

    await idles(page, idleTimeout - 60)
    await banner(page).getByText('Still there?').waitFor()
    await page.getByLabel('Description').press('x')
    await page.getByRole('button', { name: 'Stay signed in' }).waitFor({ state: 'detached' })
  })

  it('is warned about in time if the answer that keeps the session comes late', async () => {
    organizer = await serveApp({ sessions: { touchAfter: 60 } })
    const page = await typing(withClock)
    await page.route('**/organizer/session', async (route) => {
      const response = await route.fetch()
      await idles(page, 90)
      await route.fulfill({ response })
    })
    await idles(page, 61)
    const answered = page.waitForEvent('requestfinished')
    await page.getByLabel('Description').press('x')
    await answered
    await idles(page, idleTimeout - 90 - 60)
    await banner(page).getByText('less than a minute').waitFor({ timeout: 5000 })
  })

  it('is dated by the reader’s clock', async () => {
    organizer = await serveApp() // where it is 09:00 on 24 November, UTC
    const page = await typing({
      prepare: async (page) => {
        const devtools = await page.context().newCDPSession(page)
        await devtools.send('Emulation.setTimezoneOverride', { timezoneId: 'Pacific/Honolulu' })
      },
    })
    await page.getByLabel('Date').fill('2026-11-23')
    await page.getByLabel('Time').fill('23:30') // in half an hour there
    await page.getByLabel('Place').fill('Here')
    await create(page)
    await page.getByText('“Board meeting” is on your list.').waitFor()
    const event = page.getByRole('listitem').filter({ hasText: 'Board meeting' })
    expect(await event.innerText()).toMatch(/Today/)
    expect(await page.getByRole('complementary').innerText()).toContain('Nov 23, 2026, 11:00 PM')
  })
})

describeBrowser('a half-typed name', () => {
  let organizer: ServedApp
  let profile: Profile

  beforeAll(async () => void (profile = await openProfile()))
  afterAll(() => profile.close())
  beforeEach(async () => void (organizer = await serveApp()))
  afterEach(async () => {
    await profile.reset()
    await organizer.close()
  })

  async function signIn(page: Page, path: string): Promise<void> {
    await page.getByLabel('Password', { exact: true }).fill('password123')
    if (!(await page.getByLabel('Email').inputValue())) await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => url.pathname === path)
  }

  it.each([
    ['/organizer/account', 'Your name', 'ended on another device'],
    ['/organizer/account', 'Your name', 'idle'],
    ['/organizer/devices', 'Name of this device', 'ended on another device'],
    ['/organizer/devices', 'Name of this device', 'idle'],
  ])('on %s (“%s”) is in its field again after the session was %s', async (path, label, end) => {
    const page = await profile.context.newPage()
    await page.clock.install()
    await page.goto(`${organizer.url}/organizer/login?next=${path}`)
    await signIn(page, path)
    if (path === '/organizer/devices') await page.getByRole('link', { name: 'Rename' }).click()
    await page.getByLabel(label).fill('J & S')
    if (end === 'idle') {
      organizer.clock.advance(idleTimeout)
      await page.clock.fastForward(idleTimeout * 1000)
      await page.getByRole('link', { name: 'Sign in again' }).click()
    } else {
      const john = (await organizer.people.findByEmail('john.smith@example.com'))!
      await organizer.sessions.revokeAll(String(john.id))
      await page.clock.runFor(1000)
    }
    await page.waitForURL(/\/organizer\/login/)
    await signIn(page, path)
    expect(await page.getByLabel(label).inputValue()).toBe('J & S')
  })
})

const filled: Record<string, string> = { Date: '2030-01-01', Time: '10:00', Place: 'Here' }
