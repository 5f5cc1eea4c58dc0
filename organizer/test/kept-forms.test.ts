import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DatabaseDown } from '../src/data/database-down.ts'
import { ada, csrfOf, openBrowser, startApp, supper } from './support/app.ts'
import { startWithFickleStore } from './support/fickle-store.ts'

const typed = { ...supper, title: 'Not lost', description: 'Soup & <bread>' }

// The circuit breaker measures time with `performance.now`.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** An open circuit breaker allows one request a second. */
const passBreakerPause = () => vi.advanceTimersByTime(1050)

describe('a form that is sent during an outage of the sessions', () => {
  it.each(['/organizer/events', '/organizer/draft?ended=revoked'])(
    'to %s is kept by the page, which can send it again',
    async (path) => {
      const { state, browser, events, person } = await startWithFickleStore(0)
      const csrf = csrfOf(await browser.text('/organizer/events/new'))
      state.isDown = true
      const failed = await browser.send(path, { ...typed, csrf, for: String(person.id) })
      const page = await failed.text()
      expect(failed.status).toBe(503)
      expect(failed.headers.get('refresh')).toBeNull()
      expect(page).toContain('<h1>Not saved yet</h1>')
      expect(page).toContain('Your event is safe: this page keeps “Not lost”. It isn&#39;t saved yet.')
      expect(page).toContain('Send again')
      const again = await browser.submitShown(page, {})
      expect([again.status, await again.text()]).toEqual([503, expect.stringContaining('Soup &amp; &lt;bread&gt;')])

      state.isDown = false
      passBreakerPause()
      const sent = await browser.submitShown(page, {})
      if (path !== '/organizer/events') return expect(await sent.text()).toContain('value="Not lost"')
      expect(sent.status).toBe(303)
      expect(await events.listByOwner(person.id)).toMatchObject([{ title: 'Not lost', description: typed.description }])
    },
  )

  it('is kept while the sign-in has to wait too', async () => {
    const { state, browser, app, clock, person } = await startWithFickleStore(0)
    clock.advance(7 * 86_400)
    const login = await (await browser.send('/organizer/events', { ...typed, for: String(person.id) })).text()
    const guest = openBrowser(app, browser.cookies)
    state.isDown = true
    const failed = await guest.submitShown(login, ada)
    const page = await failed.text()
    expect(failed.status).toBe(503)
    expect(page).toContain('name="title" value="Not lost"')
    state.isDown = false
    passBreakerPause()
    expect((await guest.submitShown(page, ada)).status).toBe(303)
    expect(await guest.text('/organizer/events/new')).toContain('value="Not lost"')
  })

  it('keeps no password', async () => {
    const { state, browser } = await startWithFickleStore(0)
    const csrf = csrfOf(await browser.text('/organizer/account'))
    state.isDown = true
    const change = { change: 'password', 'current-password': 'a secret', 'new-password': 'a secret too', csrf }
    const pages = [
      await (await browser.send('/organizer/account', change)).text(),
      await (await browser.send('/organizer/login', { email: 'ada@example.com', password: 'a secret', csrf })).text(),
    ]
    for (const page of pages) expect(page).not.toContain('a secret')
    expect(pages[1]).toContain('ada@example.com')
  })
})

describe('a form that may have been handled', () => {
  it.each([
    ['the database does not answer', new DatabaseDown(new Error('read ECONNRESET')), 503],
    ['the program fails', new Error('a mistake'), 500],
  ])('because %s: the page keeps it, and asks to check first', async (_, error, status) => {
    const { app, events, lines, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const { add } = events
    events.add = () => Promise.reject(error)
    const failed = await browser.createEvent({ ...typed, for: String(person.id) })
    const page = await failed.text()
    expect(failed.status).toBe(status)
    if (status === 503) expect(page).toContain('<h1>It may not be saved</h1>')
    expect(page).toContain('Your event is safe: this page keeps “Not lost”. It may have been saved already')
    expect(page).toMatch(/href="\/organizer\/" target="_blank"/)
    expect(page).not.toContain('a mistake')
    if (status === 500) {
      const [, reference] = /quote <code>([^<]+)/.exec(page)!
      expect(lines.join('\n')).toContain(`error ${reference}: Error: a mistake`)
      expect(page).toContain('Sign out')
    }
    events.add = add
    expect((await browser.submitShown(page.replace(/<header.*?<\/header>/s, ''), {})).status).toBe(303)
  })
})

describe('a half-typed event that a script sends when the session ends', () => {
  it.each([
    ['ended=revoked', 'You were signed out from another device.'],
    ['ended=limit', 'You were signed out here because you signed in on too many other devices.'],
    ['ended=ended', 'You were signed out in this browser.'],
    ['idle', 'You were signed out because you hadn&#39;t used Organizer for a while.'],
    ['', 'Your session ended while you were typing.'],
  ])('%s: the sign-in page says why, and that it is safe', async (query, why) => {
    const { app, person } = await startApp()
    const browser = openBrowser(app)
    const kept = await browser.send(`/organizer/draft?${query}`, { ...typed, for: String(person.id) })
    const page = await kept.text()
    expect(kept.status).toBe(200)
    expect(page).toContain(`${why} Your event is safe: sign in, and “Not lost” will be waiting.`)
    expect((await browser.submitShown(page, ada)).headers.get('location')).toBe('/organizer/events/new')
    expect(await browser.text('/organizer/events/new')).toContain('value="Not lost"')
  })

  it('goes back to its form if the user is signed in, and never to another user', async () => {
    const { app, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const own = await browser.send('/organizer/draft', { ...typed, for: String(person.id) })
    expect(await own.text()).toContain('value="Not lost"')
    const foreign = await browser.send('/organizer/draft', { ...typed, for: '99' })
    expect([foreign.status, foreign.headers.get('location')]).toEqual([303, '/organizer/'])
    expect((await browser.request('/organizer/draft')).headers.get('location')).toBe('/organizer/events/new')
    expect((await openBrowser(app).send('/organizer/draft', {})).status).toBe(303)
  })

  it('is kept while a signed-in user enters the password again', async () => {
    const { app, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const event = { event: '7', for: String(person.id), ...typed }
    const page = await (await browser.send('/organizer/draft?again', event)).text()
    expect(page).toContain('You are signed in as Ada Lovelace.')
    expect(page).toContain('Your event is safe')
    expect(page).not.toContain('Cancel')
    const signedIn = await browser.submitShown(page, { ...ada })
    expect(signedIn.headers.get('location')).toBe('/organizer/events/7/edit')
  })
})
