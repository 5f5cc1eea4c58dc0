import { setTimeout as sleep } from 'node:timers/promises'
import { hash, verify } from '@node-rs/argon2'
import { describe, expect, it, vi } from 'vitest'
import { createSignInLimits } from '../../src/server/sign-in-limits.ts'
import { createPasswords } from '../../src/passwords.ts'
import { ada, newPassword, openBrowser, quickPasswords, startApp } from '../support/app.ts'

const account = '/organizer/account'
const again = '/organizer/login?again&next=%2Forganizer%2Faccount'
const ada2 = { email: ada.email, password: newPassword['new-password'] }

/** A sign-in that was opened in the millisecond of the change is refused. */
const afterCutoff = () => sleep(5)

describe('the account page', () => {
  it('is linked from the user’s name on every page, and sends guests to the sign-in page', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    expect((await browser.request(account)).headers.get('location')).toBe(
      '/organizer/login?next=%2Forganizer%2Faccount',
    )
    await browser.signIn()
    for (const path of ['/organizer/', '/organizer/events/new', account]) {
      expect(await browser.text(path)).toMatch(/<a [^>]*href="\/organizer\/account">.*Ada Lovelace/s)
    }
  })

  it('changes the name, with one message', async () => {
    const { app, people, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()

    const changed = await browser.submit(account, { change: 'name', name: '  Augusta \n Ada <King> ' })
    expect([changed.status, changed.headers.get('location')]).toEqual([303, account])
    expect(await people.findById(person.id)).toEqual({ ...person, name: 'Augusta Ada <King>' })
    const page = await browser.text(account)
    expect(page).toContain('Name changed.')
    expect(page).toContain('value="Augusta Ada &lt;King&gt;"')
    expect(await browser.text(account)).not.toContain('Name changed.')
    expect(await browser.text('/organizer/')).toContain('Hello, Augusta')
  })

  it.each([
    [' \t', 'Write your name.'],
    ['x'.repeat(81), 'Shorten the name to 80 characters; it has 81.'],
  ])('explains what is wrong with the name %j, and changes nothing', async (name, message) => {
    const { app, people, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const response = await browser.submit(account, { change: 'name', name })
    expect(response.status).toBe(422)
    expect(await response.text()).toContain(`<a href="#name">${message}`)
    expect(await people.findById(person.id)).toEqual(person)
  })

  it.each(['name', 'password'])('does not change the %s without the CSRF token', async (change) => {
    const { app, people, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    for (const csrf of ['', 'old']) {
      const response = await browser.send(account, { ...newPassword, name: 'Eve', change, csrf })
      expect(response.status).toBe(403)
      expect(await response.text()).toContain('This form was out of date, so nothing was changed.')
    }
    expect(await people.findById(person.id)).toEqual(person)
  })
})

describe('changing the password', () => {
  it('keeps the user signed in, with one message; then only the new password is accepted', async () => {
    const { app, person, people } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()

    const changed = await browser.changePassword()
    expect([changed.status, changed.headers.get('location')]).toEqual([303, account])
    expect(changed.headers.getSetCookie().find((line) => line.startsWith('session='))).toContain('Max-Age=604800')
    expect(await browser.text(account)).toContain('Password changed. Your other devices were signed out.')
    expect(await browser.text(account)).not.toContain('Password changed.')
    expect((await browser.request('/organizer/')).status).toBe(200)
    expect((await people.findById(person.id))?.passwordNumber).toBe(2)

    expect((await openBrowser(app).signIn(ada)).status).toBe(422)
    const elsewhere = openBrowser(app)
    expect((await elsewhere.signIn(ada2)).status).toBe(303)
    expect((await elsewhere.request('/organizer/')).status).toBe(200)
    await browser.changePassword({ 'current-password': ada2.password, 'new-password': 'a third password' })
    expect((await elsewhere.request('/organizer/')).status).toBe(302)
    expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('writes neither password to the page, the URL or the session', async () => {
    const { app, sessions } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const short = await browser.changePassword({ 'current-password': 'my secret word', 'new-password': 'short word' })
    const page = await short.text()
    expect(page).not.toMatch(/secret word|short word/)

    const changed = await browser.changePassword()
    expect(changed.headers.get('location')).toBe(account)
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ')
    expect(JSON.stringify((await sessions.open(cookie)).data)).not.toMatch(/engine/)
  })

  it.each<[Record<string, string>, string, string]>([
    [{ 'current-password': '' }, 'current-password', 'Enter your current password.'],
    [{ 'current-password': 'wrong' }, 'current-password', 'This is not your current password.'],
    [{ 'new-password': '' }, 'new-password', 'Choose a new password.'],
    [{ 'new-password': 'eleven char' }, 'new-password', 'Use at least 12 characters for the password.'],
    [{ 'new-password': 'x'.repeat(1025) }, 'new-password', 'The password is longer than 1024 bytes.'],
  ])('with %j explains what is wrong, and changes nothing', async (fields, field, message) => {
    const { app, people, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const response = await browser.changePassword(fields)
    const page = await response.text()
    expect(response.status).toBe(422)
    expect(page).toContain(`<a href="#${field}">${message}`)
    expect(page).toMatch(new RegExp(`id="${field}" name="${field}" aria-invalid="true"`))
    expect(await people.findById(person.id)).toEqual(person)
  })

  it('counts wrong passwords as sign-in attempts, before they are checked', async () => {
    const check = vi.fn(verify)
    const passwords = await createPasswords({ hash, verify: check })
    const { app, people, person } = await startApp({ dependencies: { passwords } })
    const browser = openBrowser(app)
    await browser.signIn()
    check.mockClear()

    for (let i = 0; i < 10; i++) {
      expect((await browser.changePassword({ 'current-password': 'wrong' })).status).toBe(422)
    }
    const refused = await browser.changePassword()
    expect(refused.status).toBe(429)
    // Some seconds of the 15 minutes may have passed.
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThanOrEqual(895)
    expect(Number(refused.headers.get('Retry-After'))).toBeLessThanOrEqual(900)
    expect(await refused.text()).toContain('Too many attempts. Try again in 15 minutes.')
    expect((await openBrowser(app).signIn()).status).toBe(429)
    expect(check).toHaveBeenCalledTimes(10)
    expect(await people.findById(person.id)).toEqual(person)
  })

  it('does not count an invalid new password, or a successful change', async () => {
    const limits = createSignInLimits({ pair: { points: 1, duration: 60 } })
    const { app } = await startApp({ dependencies: { limits } })
    const browser = openBrowser(app)
    await browser.signIn()
    for (let i = 0; i < 3; i++) expect((await browser.changePassword({ 'new-password': 'short' })).status).toBe(422)
    expect((await browser.changePassword()).status).toBe(303)
    await afterCutoff()
    expect((await openBrowser(app).signIn(ada2)).status).toBe(303)
  })

  /** Two browsers change the password at the same time. */
  async function changeTwice(fields: Record<string, string>) {
    const { app } = await startApp()
    const one = openBrowser(app)
    const two = openBrowser(app)
    await one.signIn()
    await two.signIn()
    const responses = await Promise.all([
      one.changePassword(fields),
      two.changePassword({ ...fields, 'new-password': 'quite another engine' }),
    ])
    expect(responses.map(({ status }) => status)).toEqual([303, 303])
    await afterCutoff()
    expect((await openBrowser(app).signIn(ada2)).status).toBe(303)
    return { one, two }
  }

  it('at the same time succeeds once, and signs the other browser out', async () => {
    const { one, two } = await changeTwice({})
    expect((await one.request('/organizer/')).status).toBe(200)
    expect((await two.request('/organizer/')).status).toBe(302)
  })

  it('at the same time without signing out succeeds once, and the other page says so', async () => {
    const { one, two } = await changeTwice({ elsewhere: 'keep' })
    expect(await one.text(account)).toContain('Password changed.')
    const notChanged = 'Your password was not changed, because it was changed elsewhere a moment ago.'
    expect(await two.text(account)).toContain(notChanged)
    expect(await two.text(account)).not.toContain('was not changed')
  })

  it('is not possible for a session that is ended during the request', async () => {
    const passwords = { ...quickPasswords }
    const { app, sessions, people, person } = await startApp({ dependencies: { passwords } })
    if (!sessions.revocable) return
    const thief = openBrowser(app)
    await thief.signIn()
    passwords.hash = async (password) => {
      await sessions.revokeAll(String(person.id))
      return quickPasswords.hash(password)
    }
    await thief.changePassword()
    expect(await people.findById(person.id)).toEqual(person)
    expect((await thief.request('/organizer/')).status).toBe(302)
  })
})

describe('a name that a user typed after their session had ended', () => {
  it('is in its form after the sign-in', async () => {
    const { app, person, people } = await startApp()
    const browser = openBrowser(app)
    const refused = await browser.send(account, { change: 'name', name: 'Ada & <King>' })
    const signedIn = await browser.submit(refused.headers.get('location')!, ada)
    expect(await browser.text(signedIn.headers.get('location')!)).toContain('value="Ada &amp; &lt;King&gt;"')
    expect((await people.findById(person.id))!.name).toBe(person.name)
  })
})

describe('long after the sign-in', () => {
  async function later() {
    const started = await startApp()
    const browser = openBrowser(started.app)
    await browser.signIn({})
    started.clock.advance(3600)
    return { ...started, browser }
  }

  it('the password is asked for once: by the form that changes it', async () => {
    const { app, browser } = await later()
    expect(await browser.text(account)).toContain('name="current-password"')
    const changed = await browser.changePassword()
    expect([changed.status, changed.headers.get('location')]).toEqual([303, account])
    await afterCutoff()
    expect((await openBrowser(app).signIn(ada2)).status).toBe(303)
  })

  it('a user who must sign in again is asked for the password alone, and can cancel', async () => {
    const { browser } = await later()
    const login = await browser.text(again)
    expect(login).toContain('You are signed in as Ada Lovelace.')
    expect(login).toContain('Enter your password to stay signed in for another 30 days.')
    expect(login).toMatch(/<input type="text" name="email" value="ada@example.com"[^>]* hidden/)
    expect(login).toMatch(/href="\/organizer\/account">Cancel/)
    expect(login).not.toContain('name="remember"') // as the user chose it
    const wrong = await browser.submit(again, { email: ada.email, password: 'wrong' })
    expect(await wrong.text()).toContain(`action="${again.replace('&', '&amp;')}"`)
    const signedIn = await browser.submit(again, { email: ada.email, password: ada.password })
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, account])
  })

  it('asks again if the sign-in form was out of date', async () => {
    const { browser } = await later()
    const response = await browser.send(again, { ...ada, csrf: 'old' })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('This form was out of date. Enter your password once more.')
  })

  it('lets another user sign in instead, who gets nothing of the first user’s session', async () => {
    const { browser, people } = await later()
    await people.add({ email: 'eve@example.com', name: 'Eve', passwordHash: await quickPasswords.hash('an apple') })
    await browser.submit(again, { email: 'eve@example.com', password: 'an apple' })
    const page = await browser.text(account)
    expect(page).toContain('eve@example.com')
    expect(page).not.toContain(ada.email)
  })
})
