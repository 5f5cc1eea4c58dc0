import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Cookie, Page } from 'playwright-core'
import { createSessions } from 'sojourn'
import { signedInAs } from 'sojourn/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { agents } from '../support/app.ts'
import { withoutScripts } from './scripts.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'
import { expectSound, type Step } from './sound.ts'

const secret = 'a secret of these tests, 32 bytes or more'

/** All pages with the steps that lead to them. */
const guestPages: [name: string, steps: Step][] = [
  ['the sign-in page, after a banner', (page, url) => page.goto(`${url}/organizer/login?idle&next=/organizer/`)],
  ['the sign-in page', (page, url) => page.goto(`${url}/organizer/login`)],
  ['the sign-in page, filled in', (page, url) => page.goto(`${url}/organizer/login?demo`)],
  ['the sign-in page, after a wrong password', (page, url) => signIn(page, url, 'wrong')],
  ['the sign-in page, with an empty field', (page, url) => signIn(page, url, '')],
  [
    'the sign-in page, with a form that was out of date',
    async (page, url) => {
      await page.goto(`${url}/organizer/login`)
      await outdate(page)
      await fillInSignIn(page)
    },
  ],
  [
    'the sign-in page that keeps an event',
    async (page, url) => {
      await page.goto(`${url}/organizer/login`)
      await page.evaluate(postEvent)
      await page.getByText('Your event is safe').waitFor()
    },
  ],
  [
    'the sign-in page, with a reason',
    async (page, url) => {
      await page.context().addCookies([{ name: 'session', value: 'damaged', url }])
      await page.goto(`${url}/organizer/`)
    },
  ],
  ['a page that does not exist', (page, url) => page.goto(`${url}/organizer/nothing`)],
]

const pages: [name: string, steps: Step][] = [
  ['the dashboard', (page, url) => page.goto(`${url}/organizer/`)],
  ['a search', (page, url) => page.goto(`${url}/organizer/?q=fair`)],
  [
    'a search as one types',
    async (page, url) => {
      await page.goto(`${url}/organizer/`)
      await page.getByLabel('Find an event').pressSequentially('nothing like it')
      await page.getByText('No events match').waitFor()
    },
  ],
  ['the form for an event', (page, url) => page.goto(`${url}/organizer/events/new`)],
  [
    'the form for an event, with errors',
    async (page, url) => {
      await page.goto(`${url}/organizer/events/new`)
      await withoutChecks(page)
      await create(page)
    },
  ],
  [
    'the form for an event that was out of date',
    async (page, url) => {
      await page.goto(`${url}/organizer/events/new`)
      await outdate(page)
      await fillInEvent(page)
    },
  ],
  [
    'the dashboard, with a message',
    async (page, url) => {
      await page.goto(`${url}/organizer/events/new`)
      await fillInEvent(page)
    },
  ],
  ['the form for an event, of one that is edited', (page, url) => edit(page, url)],
  [
    'the form for an event, of one that is edited, with errors',
    async (page, url) => {
      await edit(page, url)
      await withoutChecks(page)
      await page.getByLabel('Title').fill('')
      await page.getByRole('button', { name: 'Save event' }).click()
    },
  ],
  [
    'an event that was deleted, which can be undone',
    async (page, url) => {
      await page.goto(`${url}/organizer/events/new`)
      await fillInEvent(page, 'Brief')
      await page.getByRole('link', { name: 'Edit Brief' }).first().click()
      await page.getByRole('button', { name: 'Delete event' }).click()
      await page.getByRole('button', { name: 'Undo' }).waitFor()
    },
  ],
  [
    'an event that is deleted on a page that was out of date',
    async (page, url) => {
      await edit(page, url)
      await outdate(page)
      await page.getByRole('button', { name: 'Delete event' }).click()
      await page.getByRole('alert').getByText('out of date').waitFor()
    },
  ],
  [
    'a long description, cut and whole',
    async (page, url) => {
      await page.goto(`${url}/organizer/events/new`)
      await page.getByLabel('Description').fill('On and on. '.repeat(60))
      await fillInEvent(page)
      const card = page.getByRole('listitem').filter({ hasText: 'On and on.' }).first()
      const height = async () => (await card.locator('p.description').boundingBox())!.height
      const cut = await height()
      await card.getByText('More').click()
      expect(await height()).toBeGreaterThan(cut * 2)
    },
  ],
  [
    'a half-typed event, which its sign-in page keeps',
    async (page, url) => {
      await page.goto(`${url}/organizer/events/new`)
      await page.evaluate(postDraft)
      await page.getByText('“Kept” will be waiting').waitFor()
    },
  ],
  [
    'a half-typed event, back in its form',
    async (page, url) => {
      await page.goto(`${url}/organizer/events/new`)
      await page.evaluate(postDraft.replace('?again', ''))
      await page.getByText('not saved yet').waitFor()
    },
  ],
  ['the account', (page, url) => page.goto(`${url}/organizer/account`)],
  [
    'the account, with a message',
    async (page, url) => {
      await page.goto(`${url}/organizer/account`)
      await page.getByRole('button', { name: 'Save name' }).click()
      await page.getByText('Name changed.').waitFor()
    },
  ],
  [
    'the account, with a name that is missing',
    async (page, url) => {
      await page.goto(`${url}/organizer/account`)
      await withoutChecks(page)
      await page.getByLabel('Your name').fill('')
      await page.getByRole('button', { name: 'Save name' }).click()
      await page.getByRole('link', { name: 'Write your name.' }).waitFor()
    },
  ],
  [
    'the account, with passwords that are not right',
    async (page, url) => {
      await page.goto(`${url}/organizer/account`)
      await withoutChecks(page)
      await page.getByRole('button', { name: 'Change password' }).click()
      await page.getByRole('link', { name: 'Choose a new password.' }).waitFor()
    },
  ],
  [
    'the sign-in page, for a user who must sign in again',
    (page, url) => page.goto(`${url}/organizer/login?again&next=/organizer/account`),
  ],
  [
    'the devices',
    async (page, url) => {
      await signInElsewhere(url)
      await page.goto(`${url}/organizer/devices`)
      await page
        .getByRole('button', { name: /^Sign out( all \d+)? Safari on iPhone/ })
        .first()
        .waitFor()
    },
  ],
  [
    'the devices, with sign-ins that look alike',
    async (page, url) => {
      for (let i = 0; i < 2; i++) await signInElsewhere(url)
      await page.goto(`${url}/organizer/devices`)
      await page.getByText('Show each').click()
    },
  ],
  [
    'the devices, one of which is named',
    async (page, url) => {
      await page.goto(`${url}/organizer/devices`)
      await page.getByRole('link', { name: 'Rename' }).first().click()
      await page.getByLabel('Name of this device').waitFor()
    },
  ],
  ['a page that does not exist', (page, url) => page.goto(`${url}/organizer/nothing`)],
  [
    'the devices, with a message',
    async (page, url) => {
      await signInElsewhere(url)
      await page.goto(`${url}/organizer/devices`)
      await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
      await page.getByText('Signed out of ').waitFor()
    },
  ],
  [
    'the devices, on a page that was out of date',
    async (page, url) => {
      await signInElsewhere(url)
      await page.goto(`${url}/organizer/devices`)
      await outdate(page)
      await page
        .getByRole('button', { name: /^Sign out( all \d+)? Safari on iPhone/ })
        .first()
        .click()
      await page.getByRole('alert').getByText('out of date').waitFor()
    },
  ],
  ['the banner before a sign-in idles out', (page, url) => untilBanner(page, url, 'button', 'Stay signed in')],
  ['the banner after a sign-in has idled out', (page, url) => untilBanner(page, url, 'link', 'Sign in again')],
  [
    'a form that was refused',
    async (page, url) => {
      await page.goto(`${url}/organizer/`)
      await outdate(page)
      await signOut(page)
    },
  ],
]

describeBrowser('every page', () => {
  let organizer: OrganizerProcess
  let profile: string
  let other: string
  let context: BrowserContext
  let john: Cookie[] | undefined

  beforeAll(async () => {
    organizer = await organizerProcess()
    await organizer.start({ SECRET_KEY: secret })
    profile = await mkdtemp(join(tmpdir(), 'profile-'))
    other = await mkdtemp(join(tmpdir(), 'profile-'))
    context = await launchProfile(profile)
  })

  afterAll(async () => {
    await context.close()
    await organizer.remove()
    for (const folder of [profile, other]) await rm(folder, { recursive: true, force: true })
  })

  it.each(guestPages)('is sound for a guest: %s', async (_, steps) => {
    await context.clearCookies()
    await sound(steps)
  })

  it.each(pages)('is sound for a signed-in user: %s', async (_, steps) => {
    await context.clearCookies()
    await context.addCookies((john ??= await signedIn('john.smith@example.com', 'password123')))
    await sound(steps)
  })

  it('is sound for a user without events: the dashboard and the devices', async () => {
    await organizer.add('grace@example.com', 'nanoseconds of wire')
    await context.clearCookies()
    await signedIn('grace@example.com', 'nanoseconds of wire')
    await sound((page, url) => page.goto(`${url}/organizer/`))
    await sound((page, url) => page.goto(`${url}/organizer/devices`))
  })

  it('is sound if sessions are stored in cookies: the devices', async () => {
    const inCookies = await organizerProcess()
    await inCookies.start({ SECRET_KEY: secret, SESSION_TYPE: 'cookie' })
    await context.clearCookies()
    await sound(async (page) => {
      await page.goto(`${inCookies.url}/organizer/login?next=/organizer/devices`)
      await fillInSignIn(page)
      await page.getByRole('heading', { name: 'Turning it on' }).waitFor()
    })
    await inCookies.remove()
  })

  it('is sound for a user who was signed out from another device: the sign-in page', async () => {
    await context.clearCookies()
    await signedIn('grace@example.com', 'nanoseconds of wire')
    const elsewhere = await launchProfile(other)
    const page = await elsewhere.newPage()
    await page.goto(`${organizer.url}/organizer/login?next=/organizer/devices`)
    await fillInSignIn(page, 'nanoseconds of wire', 'grace@example.com')
    await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await page.getByText('Signed out of ').waitFor()
    await elsewhere.close()
    await sound(async (page, url) => {
      await page.goto(`${url}/organizer/`)
      await page.getByText('You were signed out from another device.').waitFor()
    })
  })

  it('is sound for a user who signed in 10 minutes ago: the account', async () => {
    const sessions = createSessions({ secrets: [secret], now: () => Date.now() - 600_000 })
    await organizer.add('mary@example.com', 'some words of hers')
    const [name = '', value = ''] = (await signedInAs(sessions, '3')).split('=')
    await context.clearCookies()
    await context.addCookies([{ name, value, url: organizer.url }])
    await sound(async (page, url) => {
      await page.goto(`${url}/organizer/account`)
      await page.getByLabel('Current password').waitFor()
    })
  })

  it('works without scripts: from a wrong password to the sign-out', async () => {
    await context.clearCookies()
    const page = await context.newPage()
    await withoutScripts(page)
    const seen = (text: string) => page.locator('main').getByText(text).first().waitFor()

    await signIn(page, organizer.url, 'wrong')
    await seen('Wrong email address or password.')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await seen('Hello, John')

    await page.getByRole('link', { name: 'New event' }).click()
    await fillInEvent(page, 'Without scripts')
    await seen('“Without scripts” is on your list.')
    await page.getByLabel('Find an event').fill('without')
    await page.getByRole('button', { name: 'Find' }).click()
    expect(await page.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual(['Without scripts'])

    await page.getByRole('link', { name: 'Edit Without scripts' }).click()
    await page.getByLabel('Title').fill('Without any scripts')
    await page.getByRole('button', { name: 'Save event' }).click()
    await seen('“Without any scripts” is saved.')
    await page.getByRole('link', { name: 'Edit Without any scripts' }).click()
    await page.getByRole('button', { name: 'Delete event' }).click()
    await seen('“Without any scripts” was deleted.')
    await page.getByRole('button', { name: 'Undo' }).click()
    await seen('“Without any scripts” is back on your list.')

    for (let i = 0; i < 2; i++) await signInElsewhere(organizer.url)
    await page.getByRole('link', { name: 'Your account' }).click()
    await page.getByRole('link', { name: 'Devices', exact: true }).click()
    await page
      .getByRole('button', { name: /^Sign out( all \d+)? Safari on iPhone/ })
      .first()
      .click()
    await seen('Safari on iPhone was signed out')
    await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await seen('Signed out of ')

    await page.getByRole('link', { name: 'Your account' }).click()
    await page.getByLabel('Current password').fill('password123')
    await page.getByLabel('New password').fill('password of some words')
    await page.getByRole('button', { name: 'Change password' }).click()
    await seen('Password changed. Your other devices were signed out.')

    await signOut(page)
    await seen('You are signed out.')
    await page.close()
  })

  const sound = (steps: Step) => expectSound(context, organizer.url, steps)

  /** Signs a user in and resolves to their cookies. */
  async function signedIn(email: string, password: string): Promise<Cookie[]> {
    const page = await context.newPage()
    await signIn(page, organizer.url, password, email)
    await page.waitForURL(`${organizer.url}/organizer/`)
    await page.close()
    return context.cookies()
  }
})

/** Signs John in on a phone. */
async function signInElsewhere(url: string): Promise<void> {
  const page = await fetch(`${url}/organizer/login`)
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())![1]!
  const headers = {
    Cookie: page.headers.getSetCookie()[0]!.split(';')[0]!,
    Origin: url,
    'User-Agent': agents.iphone,
  }
  const body = new URLSearchParams({ csrf, email: 'john.smith@example.com', password: 'password123' })
  await fetch(`${url}/organizer/login`, { method: 'POST', body, headers, redirect: 'manual' })
}

async function signIn(page: Page, url: string, password: string, email = 'john.smith@example.com'): Promise<void> {
  await page.goto(`${url}/organizer/login`)
  if (!password) await withoutChecks(page)
  await fillInSignIn(page, password, email)
}

async function fillInSignIn(page: Page, password = 'password123', email = 'john.smith@example.com'): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function fillInEvent(page: Page, title = 'A walk'): Promise<void> {
  await page.getByLabel('Title').fill(title)
  await page.getByLabel('Date').fill('2030-01-01')
  await page.getByLabel('Time').fill('10:00')
  await page.getByLabel('Place').fill('Hollow Wood')
  await create(page)
}

/** Opens the form of an existing event. */
async function edit(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/organizer/`)
  await page.getByRole('link', { name: 'Edit Winter fair' }).click()
  await page.waitForURL('**/edit')
}

/** Advances the page's clock until its banner shows a button, or later a link. */
async function untilBanner(page: Page, url: string, role: 'button' | 'link', name: string): Promise<void> {
  await page.clock.install()
  await page.goto(`${url}/organizer/`)
  await page.clock.fastForward(7 * 86_400_000 + (role === 'button' ? -60_000 : 60_000))
  await page.getByRole('alert').getByRole(role, { name }).waitFor()
  await page.evaluate(besideTheRest)
}

const create = (page: Page) => page.getByRole('button', { name: 'Create event' }).click()
const signOut = (page: Page) => page.getByRole('button', { name: 'Sign out' }).click()

/** Replaces the CSRF token, as if the page had been open for too long. */
async function outdate(page: Page): Promise<void> {
  for (const field of await page.locator('input[name="csrf"]').all()) {
    await field.evaluate((input) => input.setAttribute('value', 'old'))
  }
}

/** Turns off the browser's form validation, so that the server validates. */
async function withoutChecks(page: Page): Promise<void> {
  await page.evaluate('for (const form of document.forms) form.noValidate = true')
}

/** Posts a half-typed event as a page does whose session is about to end. */
const postDraft = `
  const form = document.querySelector('form[data-keep]')
  form.elements.title.value = 'Kept'
  form.action = '/organizer/draft?again'
  form.submit()`

/** Posts an event as a page does whose session has ended. */
const postEvent = `
  const form = document.forms[0]
  form.noValidate = true
  form.action = '/organizer/events'
  for (const [name, value] of [['for', '1'], ['title', 'Kept']]) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }))
  }
  form.submit()`

// Axe cannot decide the contrast of a banner that overlaps other elements. Beside them, it has the same colours.
const besideTheRest = 'document.styleSheets[0].insertRule("#idle { position: static !important }")'
