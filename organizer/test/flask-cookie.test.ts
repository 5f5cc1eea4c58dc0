import { createHmac } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ada, csrfOf, day, openBrowser, secret, startApp, stoppedClock } from './support/app.ts'

/** Starts the application with its sessions in Flask's cookie. */
function start() {
  return startApp({ sessionType: 'flask' })
}

/** Returns a cookie as Flask signs it, with the time of the clock. */
function cookieFrom(json: string): Map<string, string> {
  const hmac = (key: string | Buffer, text: string) => createHmac('sha1', key).update(text).digest()
  const seconds = Buffer.alloc(4)
  seconds.writeUInt32BE(stoppedClock().now() / 1000)
  const signed = `${Buffer.from(json).toString('base64url')}.${seconds.toString('base64url')}`
  const signature = hmac(hmac(secret, 'cookie-session'), signed).toString('base64url')
  return new Map([['session', `${signed}.${signature}`]])
}

/** Decodes a cookie of Flask. If it begins with a dot, it is compressed. */
function heldIn(cookie = '') {
  const [, dot, payload = ''] = /^(\.?)([\w-]+)/.exec(cookie) ?? []
  const bytes = Buffer.from(payload, 'base64url')
  return JSON.parse((dot === '' ? bytes : inflateSync(bytes)).toString())
}

const lineOf = (response: Response) => response.headers.getSetCookie().find((line) => line.startsWith('session='))

describe("with its sessions in Flask's cookie, the organizer", () => {
  it('signs in for Flask too, in the same cookie', async () => {
    const { app, person } = await start()
    const browser = openBrowser(app)

    expect((await browser.signIn()).headers.get('location')).toBe('/organizer/')
    expect(heldIn(browser.cookies.get('session'))).toEqual({ _permanent: true, person_id: person.id })
    expect([...browser.cookies.keys()]).toEqual(['session'])
  })

  it('shows the user and the expiry, but no time of sign-in', async () => {
    const { app } = await start()
    const page = await openBrowser(app, cookieFrom('{"_permanent":true,"person_id":1}')).text('/organizer/')

    expect(page).toContain(ada.email)
    expect(page).toContain('datetime="2026-12-01T09:00:')
    expect(page).not.toContain('<dt>Since</dt>')
  })

  it('sets a persistent cookie with the tick, and a session cookie without', async () => {
    const { app } = await start()
    const [ticked, unticked] = [openBrowser(app), openBrowser(app)]

    expect(lineOf(await ticked.signIn({ remember: 'on' }))).toContain(`Max-Age=${7 * day}`)
    expect(await ticked.text('/organizer/')).toContain('Closing the browser keeps you signed in')
    expect(lineOf(await unticked.signIn({}))).not.toContain('Max-Age')
    expect(heldIn(unticked.cookies.get('session'))['_permanent']).toBeUndefined()
    expect(await unticked.text('/organizer/')).toContain('Closing the browser signs you out.')
  })

  it('shows a message once', async () => {
    const { app } = await start()
    const browser = openBrowser(app)
    await browser.signIn()

    const created = await browser.createEvent()
    const leads = created.headers.get('location')!
    expect(heldIn(browser.cookies.get('session'))['_flashes']).toEqual([{ ' t': ['success', expect.any(String)] }])
    expect(await browser.text(leads)).toContain('class="notice good"')
    expect(await browser.text(leads)).not.toContain('class="notice good"')
  })

  it("shows Flask's messages of any category, with HTML escaped", async () => {
    const { app } = await start()
    const left = '[{" t":["message","Plain."]},{" t":["error",{" m":"<b>Bold.</b>"}]}]'
    const browser = openBrowser(app, cookieFrom(`{"_flashes":${left},"_permanent":true,"person_id":1}`))

    const page = await browser.text('/organizer/')
    expect(page).toContain('<p role="status">Plain.</p>')
    expect(page).toContain('<p role="status">&lt;b&gt;Bold.&lt;/b&gt;</p>')
    expect(heldIn(browser.cookies.get('session'))).not.toHaveProperty('_flashes')
  })

  it('signs out of both, with a message', async () => {
    const { app } = await start()
    const browser = openBrowser(app)
    await browser.signIn()

    expect((await browser.signOut()).headers.get('location')).toBe('/organizer/login')
    expect(heldIn(browser.cookies.get('session'))).not.toHaveProperty('person_id')
    expect(await browser.text('/organizer/login')).toContain('You are signed out.')
    expect((await browser.request('/organizer/')).status).toBe(302)
  })

  it('refuses a form without a CSRF token, or with one of another session or from before the sign-in', async () => {
    const { app } = await start()
    const [browser, other] = [openBrowser(app), openBrowser(app)]
    const guests = csrfOf(await browser.text('/organizer/login'))
    const others = csrfOf(await other.text('/organizer/login'))
    expect(guests).not.toBe(others)

    for (const csrf of ['', others]) {
      const refused = await browser.send('/organizer/login', { csrf, email: ada.email, password: ada.password })
      expect(refused.status).toBe(403)
    }
    expect((await browser.signIn()).status).toBe(303)
    for (const csrf of ['', guests, others]) {
      expect((await browser.send('/organizer/logout', { csrf })).status).toBe(403)
    }
    expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('asks a user whom Flask signed in to sign in here once, if they have changed their password', async () => {
    const { app, people, person, passwords } = await start()
    await people.changePassword(person.id, await passwords.hash('another engine'), { expectedNumber: 1 })
    const browser = openBrowser(app, cookieFrom('{"_permanent":true,"cart":["tea"],"person_id":1}'))

    const login = (await browser.request('/organizer/')).headers.get('location')!
    expect(await browser.text(login)).toContain('Your password was changed, so you were signed out here.')
    await browser.submit(login, { email: ada.email, password: 'another engine', remember: 'on' })
    expect((await browser.request('/organizer/')).status).toBe(200)
    expect(heldIn(browser.cookies.get('session'))).toMatchObject({
      cart: ['tea'],
      passwordCheck: { for: 1, number: 2 },
    })
  })

  it('ignores the password check that another user’s sign-in left in the session', async () => {
    const { app, people } = await start()
    const eve = (await people.add({ email: 'eve@example.com', name: 'Eve', passwordHash: 'x' }))!
    const left = (number: number) => `{"passwordCheck":{"for":1,"number":${number}},"person_id":${eve.id}}`
    expect((await openBrowser(app, cookieFrom(left(2))).request('/organizer/')).status).toBe(200)
    await people.changePassword(eve.id, 'y', { expectedNumber: 1 })
    expect((await openBrowser(app, cookieFrom(left(2))).request('/organizer/')).status).toBe(302)
  })

  it('changes a password, although the cookie has no time of sign-in', async () => {
    const { app } = await start()
    const browser = openBrowser(app)
    await browser.signIn()
    expect((await browser.changePassword()).headers.get('location')).toBe('/organizer/account')
    expect(await browser.text('/organizer/account')).toContain('Password changed.')
  })

  it('accepts a user whom Flask signed in, but no unknown id', async () => {
    const { app } = await start()

    expect(await openBrowser(app, cookieFrom('{"person_id":1}')).text('/organizer/')).toContain('Hello, Ada')
    for (const id of ['99', '-1', '"ada"', '9007199254740993', '1e400', '1.0', '[1]', 'null', '1'.repeat(400)]) {
      const response = await openBrowser(app, cookieFrom(`{"person_id":${id}}`)).request('/organizer/')
      expect([id, response.status]).toEqual([id, 302])
    }
  })
})
