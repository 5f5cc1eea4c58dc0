import { hash, verify } from '@node-rs/argon2'
import { describe, expect, it, vi } from 'vitest'
import { createSignInLimits } from '../../src/server/sign-in-limits.ts'
import { createPasswords } from '../../src/passwords.ts'
import { ada, csrfOf, day, openBrowser, startApp, supper } from '../support/app.ts'

describe('signing in', () => {
  it('leads from the dashboard to the sign-in page and back; then the dashboard shows user, sign-in and expiry', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)

    const refused = await browser.request('/organizer/')
    expect(refused.status).toBe(302)
    expect(refused.headers.get('location')).toBe('/organizer/login?next=%2Forganizer%2F')

    const signedIn = await browser.signIn()
    expect(signedIn.status).toBe(303)
    expect(signedIn.headers.get('location')).toBe('/organizer/')

    const page = await browser.text('/organizer/')
    expect(page).toContain('Hello, Ada')
    expect(page).toContain('ada@example.com')
    expect(page).toContain('datetime="2026-11-24T09:00:00.000Z"')
    expect(page).toContain('datetime="2026-12-01T09:00:00.000Z"')
  })

  it('accepts the email address in any case, and with spaces around it', async () => {
    const { app } = await startApp()
    expect((await openBrowser(app).signIn({ email: '  ADA@Example.COM ' })).status).toBe(303)
  })

  it('redirects a user who is already signed in', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()

    for (const [path, location] of [
      ['/organizer/login', '/organizer/'],
      ['/organizer/login?next=/organizer/events/new', '/organizer/events/new'],
    ] as const) {
      const response = await browser.request(path)
      expect([response.status, response.headers.get('location')]).toEqual([302, location])
    }
  })

  it('sets a persistent cookie with the tick, and a session cookie without', async () => {
    const { app } = await startApp()
    const ticked = (await openBrowser(app).signIn({ remember: 'on' })).headers.getSetCookie()
    const unticked = (await openBrowser(app).signIn({})).headers.getSetCookie()

    expect(ticked.find((line) => line.startsWith('session='))).toContain(`Max-Age=${7 * day}`)
    expect(unticked.find((line) => line.startsWith('session='))).not.toContain('Max-Age')
  })

  it('shows the idle timeout beside the tick', async () => {
    const { app } = await startApp()
    const page = await openBrowser(app).text('/organizer/login')
    expect(page).toContain('Stay signed in for 7 days on this device')
    expect(page).toMatch(/<input type="checkbox"[^>]*name="remember" checked=""/)
  })

  it('gives the same response, after the same work, to a wrong password, an unknown address and an invalid one', async () => {
    const checks: string[] = []
    const passwords = await createPasswords({
      hash,
      verify: (stored, password, options) => {
        checks.push(String(stored).split('$').slice(0, 4).join('$'))
        return verify(stored, password, options)
      },
    })
    const { app } = await startApp({ dependencies: { passwords } })
    const responses = []
    for (const email of [ada.email, 'nobody@example.com', 'nobody']) {
      const response = await openBrowser(app).signIn({ email, password: 'wrong' })
      expect(response.status).toBe(422)
      responses.push((await response.text()).replaceAll(email, '').replace(/value="[\w-]{43}"/, ''))
    }
    expect(new Set(responses).size).toBe(1)
    expect(checks).toEqual(Array(3).fill('$argon2id$v=19$m=19456,t=2,p=1'))
  })

  it('keeps the address and the tick, but not the password, after a wrong password, and focuses the error', async () => {
    const { app } = await startApp()
    const page = await (await openBrowser(app).signIn({ password: 'wrong-pass' })).text()
    expect(page).toContain(`value="${ada.email}"`)
    expect(page).not.toContain('wrong-pass')
    expect(page).not.toContain('checked')
    expect(page).toMatch(/role="alert" tabindex="-1" autofocus=""/)
  })

  it('names an empty field', async () => {
    const { app } = await startApp()
    const response = await openBrowser(app).signIn({ email: '', password: '' })
    const page = await response.text()
    expect(response.status).toBe(422)
    expect(page).toContain('<a href="#email">Enter your email address.</a>')
    expect(page).toContain('<a href="#password">Enter your password.</a>')
  })

  it('does not hash a text that is longer than a password may be', async () => {
    const hashed: number[] = []
    const passwords = await createPasswords({
      hash,
      verify: (stored, password) => {
        hashed.push(password.length)
        return verify(stored, password)
      },
    })
    const { app } = await startApp({ dependencies: { passwords } })
    expect((await openBrowser(app).signIn({ password: 'x'.repeat(60_000) })).status).toBe(422)
    expect(hashed).toEqual([0])
  })

  it('accepts a password in another Unicode form, as other keyboards send it', async () => {
    const passwords = await createPasswords()
    expect(await passwords.verify(await passwords.hash('caf\u00e9 au lait'), 'cafe\u0301 au lait')).toBe(true)
  })

  it('does not let a user of a deleted account sign in', async () => {
    const { app, db } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    await db.run('DELETE FROM people')

    expect((await browser.request('/organizer/')).status).toBe(302)
    expect((await browser.request('/organizer/login')).status).toBe(200)
    expect([...browser.cookies.keys()]).toEqual(['guest'])
  })
})

describe('signing out', () => {
  it('ends the session with one message, and the cookie opens nothing afterwards', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const copy = new Map(browser.cookies)

    const response = await browser.signOut()
    expect([response.status, response.headers.get('location')]).toEqual([303, '/organizer/login'])
    expect(await browser.text('/organizer/login')).toContain('You are signed out.')
    expect(await browser.text('/organizer/login')).not.toContain('You are signed out.')
    expect((await openBrowser(app, copy).request('/organizer/')).status).toBe(302)
  })

  it('leads to the sign-in page from a tab that was open before, too', async () => {
    const { app } = await startApp()
    const response = await openBrowser(app).send('/organizer/logout', { csrf: 'old' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/organizer/login'])
  })
})

describe('a user whose account was deleted', () => {
  it('can sign out', async () => {
    const { app, db } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const csrf = csrfOf(await browser.text('/organizer/'))
    await db.run('DELETE FROM people')

    expect((await browser.send('/organizer/logout', { csrf: 'old' })).status).toBe(403)
    expect((await browser.send('/organizer/logout', { csrf })).status).toBe(303)
    expect(browser.cookies.has('session')).toBe(false)
    expect(await browser.text('/organizer/login')).toContain('You are signed out.')
  })
})

describe('the hidden field of a form', () => {
  it.each([
    ['/organizer/login', 'This form was out of date. Enter your password once more.'],
    ['/organizer/logout', 'reload the page'],
    ['/organizer/events', 'this form was out of date'],
  ])('is required by %s: without it, or with another user’s, nothing changes', async (path, sentence) => {
    const { app, events, person } = await startApp()
    const other = openBrowser(app)
    await other.signIn()
    const foreign = /name="csrf" value="([^"]+)"/.exec(await other.text('/organizer/'))![1]!
    const browser = openBrowser(app)
    if (path === '/organizer/login') await browser.request(path)
    else await browser.signIn()

    for (const csrf of ['', 'x', foreign]) {
      const response = await browser.send(path, {
        ...ada,
        title: 'A',
        date: '2027-01-01',
        time: '10:00',
        place: 'B',
        csrf,
      })
      expect(response.status).toBe(403)
      expect(response.headers.getSetCookie()).toEqual([])
      expect(await response.text()).toContain(sentence)
    }
    expect(await events.listByOwner(person.id)).toEqual([])
    expect((await browser.request('/organizer/')).status).toBe(path === '/organizer/login' ? 302 : 200)
  })

  it('does not stop a user who has signed in meanwhile in another tab', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    const csrf = /name="csrf" value="([^"]+)"/.exec(await browser.text('/organizer/login'))![1]!
    await browser.signIn()
    const response = await browser.send('/organizer/login?next=/organizer/events/new', { ...ada, csrf })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/organizer/events/new'])
  })
})

describe('a form that is out of date', () => {
  it('to sign in keeps the input, and checks and counts nothing', async () => {
    const passwords = await createPasswords()
    const limits = createSignInLimits()
    const verify = vi.spyOn(passwords, 'verify')
    const take = vi.spyOn(limits, 'countAttempt')
    const { app } = await startApp({ dependencies: { passwords, limits } })
    const browser = openBrowser(app)
    const path = '/organizer/login?next=/organizer/events/new'
    await browser.request(path)

    const response = await browser.send(path, { ...ada, remember: 'on', csrf: 'old' })
    const page = await response.text()
    expect(response.status).toBe(403)
    expect(page).toMatch(/role="alert"[^>]*>.*This form was out of date. Enter your password once more./s)
    expect(page).toContain(`value="${ada.email}"`)
    expect(page).toContain('name="remember" checked=""')
    expect(page).not.toContain(ada.password)
    expect([verify.mock.calls, take.mock.calls]).toEqual([[], []])
    expect((await browser.request('/organizer/')).status).toBe(302)

    const action = /action="([^"]+)"/.exec(page)![1]!
    const signedIn = await browser.send(action, { ...ada, csrf: csrfOf(page) })
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/organizer/events/new'])
  })

  it('to sign in stays without the tick that the user removed', async () => {
    const { app } = await startApp()
    const page = await (await openBrowser(app).send('/organizer/login', { email: ada.email, csrf: 'old' })).text()
    expect(page).toContain(`value="${ada.email}"`)
    expect(page).not.toContain('checked')
  })

  it('to sign in is shown again to a user who clicked twice and did not get the first response', async () => {
    const { app } = await startApp({ sessionType: 'cookie' })
    const browser = openBrowser(app)
    const csrf = csrfOf(await browser.text('/organizer/login'))
    const lost = openBrowser(app, new Map(browser.cookies))
    expect((await lost.send('/organizer/login', { ...ada, csrf })).status).toBe(303)

    const response = await browser.send('/organizer/login', { ...ada, csrf })
    expect(response.status).toBe(403)
    const again = await browser.send('/organizer/login', { ...ada, csrf: csrfOf(await response.text()) })
    expect(again.status).toBe(303)
    expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('to sign in works on the second click if sessions are in a store', async () => {
    const { app } = await startApp({ sessionType: 'sqlite' })
    const browser = openBrowser(app)
    const csrf = csrfOf(await browser.text('/organizer/login'))
    const lost = openBrowser(app, new Map(browser.cookies))
    expect((await lost.send('/organizer/login', { ...ada, csrf })).status).toBe(303)
    expect((await browser.send('/organizer/login', { ...ada, csrf })).status).toBe(303)
    expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('mentions cookies if the browser sends none', async () => {
    const { app } = await startApp()
    const page = await (await openBrowser(app).send('/organizer/login', { ...ada, csrf: 'old' })).text()
    expect(page).toContain('or your browser keeps no cookies for this site')
  })

  it('for an event keeps the input, and creates it the second time', async () => {
    const { app, events, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const form = { ...supper, title: 'Not <lost>', description: 'Soup.', for: String(person.id) }

    const response = await browser.send('/organizer/events', { ...form, csrf: 'old' })
    const page = await response.text()
    expect(response.status).toBe(403)
    expect(page).toMatch(/role="alert"[^>]*>.*Your event is safe, but this form was out of date/s)
    for (const typed of [
      'value="Not &lt;lost&gt;"',
      'value="2026-12-24"',
      'value="18:30"',
      'value="Kitchen"',
      'Soup.',
    ]) {
      expect(page).toContain(typed)
    }
    expect(await events.listByOwner(person.id)).toEqual([])
    expect((await browser.send('/organizer/events', { ...form, csrf: csrfOf(page) })).status).toBe(303)
    expect(await events.listByOwner(person.id)).toMatchObject([{ title: 'Not <lost>' }])
  })

  it('for an event is not shown to another user who has signed in meanwhile', async () => {
    const { app, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const form = { ...supper, title: 'Private', for: String(person.id + 1), csrf: 'old' }
    const response = await browser.send('/organizer/events', form)
    expect(response.status).toBe(403)
    expect(await response.text()).not.toContain('Private')
  })
})
