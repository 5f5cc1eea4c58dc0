import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { passwordError } from '../../src/passwords.ts'
import { ada, openBrowser, startApp } from '../support/app.ts'
import { startWithFickleStore } from '../support/fickle-store.ts'

describe('a page that does not exist', () => {
  it('shows who is signed in, and leads back', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    expect(await browser.text('/organizer/nothing')).not.toContain('Sign out')
    await browser.signIn()
    const page = await browser.text('/organizer/nothing')
    expect(page).toContain('Ada Lovelace')
    expect(page).toContain('Sign out')
    expect(page).toContain('Go to your events')
  })

  it('is a page also during an outage', async () => {
    const { browser, state } = await startWithFickleStore(0)
    state.isDown = true
    expect((await browser.request('/organizer/nothing')).status).toBe(404)
  })
})

describe('the sign-in page', () => {
  it.each([
    ['/organizer/account', 'Sign in to see your account.'],
    ['/organizer/devices', 'Sign in to see your devices.'],
    ['/organizer/events/new', 'Sign in to plan an event.'],
    ['/organizer/events/7/edit', 'Sign in to see this event.'],
  ])('says what for, if a guest opens %s', async (path, text) => {
    const browser = openBrowser((await startApp()).app)
    const { headers } = await browser.request(path)
    expect(await browser.text(headers.get('location')!)).toContain(text)
  })

  it('says whom to ask without an account or a password', async () => {
    const page = await openBrowser((await startApp({ production: true })).app).text('/organizer/login')
    expect(page).toContain('No account, or forgot your password? Ask the person who runs this Organizer.')
  })

  it('after a sign-out in an outage does not say that the user stays signed in', async () => {
    const { browser, state } = await startWithFickleStore(600)
    state.isDown = true
    for (let visit = 0; visit < 5; visit++) await browser.request('/organizer/')
    await browser.signOut()
    const page = await browser.text('/organizer/login')
    expect(page).toContain('You are signed out.')
    expect(page).toContain('signing in does not work')
    expect(page).not.toContain('you stay signed in')
  })

  it('answers a sign-in in an outage with itself, and keeps the address', async () => {
    const { app, state } = await startWithFickleStore(600)
    const guest = openBrowser(app)
    await guest.request('/organizer/login')
    state.isDown = true
    const failed = await guest.submit('/organizer/login', ada)
    const page = await failed.text()
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '5'])
    expect(page).toContain('We can&#39;t sign you in right now. Try again in a minute.')
    expect(page).toContain(`value="${ada.email}"`)
    expect(page).not.toContain(ada.password)
  })
})

describe('the card of the sign-in', () => {
  it.each([
    [1, '<dt>Expires</dt>', 'Moves on each time you use Organizer.'],
    [0, '<dt>Signed in until</dt>', ''],
  ])('says when it ends: whether use moves that on (%i)', async (canStay, label, hint) => {
    const absoluteTimeout = canStay ? 30 * 86_400 : 86_400
    const lifetimes = { idleTimeout: 7 * 86_400, absoluteTimeout }
    const { app } = await startApp({ sessions: { absoluteTimeout }, dependencies: { lifetimes } })
    const browser = openBrowser(app)
    await browser.signIn()
    const page = await browser.text('/organizer/')
    expect(page).toContain(label)
    expect(page.includes('Moves on each time you use Organizer.')).toBe(hint !== '')
  })
})

describe('a message', () => {
  it('is the start of the page’s title, which screen readers announce', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    await browser.createEvent()
    expect(await browser.text('/organizer/')).toContain(
      '<title>“Supper” is on your list. · Your events · Organizer</title>',
    )
  })
})

describe('compression', () => {
  const gzip = { 'Accept-Encoding': 'gzip' }

  it('makes pages a quarter as long, unless they repeat text of the request', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    await browser.createEvent()
    const plain = await browser.text('/organizer/')
    const response = await browser.request('/organizer/', { headers: gzip })
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(bytes.length).toBeLessThan(plain.length / 2.5)
    expect(gunzipSync(bytes).toString()).toContain('Supper')

    for (const path of ['/organizer/?q=csrf', '/organizer/login?again&next=/organizer/account']) {
      expect((await browser.request(path, { headers: gzip })).headers.get('content-encoding')).toBeNull()
    }
    const posted = await browser.submit('/organizer/events/new', { title: 'csrf' }, '/organizer/events', gzip)
    expect([posted.status, posted.headers.get('content-encoding')]).toEqual([422, null])
  })
})

describe('a new password', () => {
  const grace = { email: 'grace.hopper@example.com', name: 'Grace Hopper' }
  it.each(['password1234', 'Password-Password', '123456789012', 'aaaaaaaaaaaa', 'qwertyuiop123', 'gracehopper12'])(
    'is refused because it is easy to guess: %s',
    (password) => expect(passwordError(password, grace)).toContain('easy to guess'),
  )

  it.each(['nanoseconds of wire', 'correct horse battery', 'xK3-pqL9_vTz2', '長い長いパスワードの文です'])(
    'is accepted: %s',
    (password) => expect(passwordError(password, grace)).toBeNull(),
  )
})
