import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DatabaseDown } from '../src/data/database-down.ts'
import { ada, csrfOf, newPassword, openBrowser, supper } from './support/app.ts'
import { startWithFickleStore as start } from './support/fickle-store.ts'

const account = '/organizer/account'
const devices = '/organizer/devices'
const cannot = 'We can&#39;t reach our sign-in records right now'
const waits = `${cannot}. You&#39;re still signed in and can keep working`

// The circuit breaker measures time with `performance.now`.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** An open circuit breaker allows one request a second. */
const passBreakerPause = () => vi.advanceTimersByTime(1050)

describe('while the session store is down, and the cookie has a copy', () => {
  it('pages work, and explain what does not; afterwards all changes are stored, once', async () => {
    const { state, browser, people, person, events, lines } = await start(600)
    const csrf = csrfOf(await browser.text(account))
    state.isDown = true

    const dashboard = await browser.request('/organizer/')
    expect(dashboard.status).toBe(200)
    expect(await dashboard.text()).not.toContain(waits)
    const page = await browser.text(account)
    expect(page).toMatch(new RegExp(`role="status">.*${waits}`))
    expect(page).toContain('You can&#39;t change it right now.')
    expect(page).not.toContain('new-password')

    expect((await browser.createEvent()).status).toBe(303)
    expect((await browser.submit(account, { change: 'name', name: 'Augusta' })).status).toBe(303)

    const listed = await browser.request(devices)
    expect([listed.status, listed.headers.getSetCookie()]).toEqual([503, []])
    expect(await listed.text()).toMatch(
      new RegExp(`We can&#39;t list them right now\\..*${cannot}.*You stay signed in.*Try again`, 's'),
    )
    for (const [path, fields] of [
      [account, newPassword],
      [`${devices}/revoke`, { id: 'x' }],
      [`${devices}/revoke-others`, {}],
    ] as const) {
      const response = await browser.send(path, { csrf, ...fields })
      expect([path, response.status, response.headers.getSetCookie()]).toEqual([path, 503, []])
      expect(response.headers.get('retry-after')).toBe('5')
      const text = await response.text()
      expect(text).toMatch(
        new RegExp(
          `(Not saved yet|It may not be saved).*${cannot}\\. If you are signed in, you stay signed in\\.`,
          's',
        ),
      )
      expect(response.headers.get('refresh')).toBe(null) // so the browser does not send the form again
      expect(text).not.toContain('ECONNRESET')
    }
    expect(await people.findById(person.id)).toEqual({ ...person, name: 'Augusta' })

    state.isDown = false
    passBreakerPause()
    expect(await browser.text('/organizer/')).toContain('Name changed.')
    expect(await browser.text(account)).not.toContain(waits)
    expect(await events.listByOwner(person.id)).toMatchObject([{ title: supper.title }])
    expect((await browser.changePassword()).status).toBe(303)
    const outage = lines.filter((line) => /did not answer|cannot be checked/.test(line))
    expect(outage).toEqual([expect.stringMatching(/^SQLite[^\n]* did not answer within 0\.25 s: read \S+$/)])
    expect(lines.filter((line) => line.includes('the session store answers again'))).toHaveLength(1)
  })

  it('signing in again is impossible, and the page says so before the attempt', async () => {
    const { state, browser } = await start(600)
    const again = `/organizer/login?again&next=${account}`
    const csrf = csrfOf(await browser.text(again))
    state.isDown = true
    expect(await browser.text(again)).toContain(`${cannot}, so signing in does not work.`)
    expect((await browser.send(again, { csrf, ...ada })).status).toBe(503)
    expect((await browser.request('/organizer/')).status).toBe(200)

    state.isDown = false
    passBreakerPause()
    expect((await browser.submit(again, { ...ada, remember: 'on' })).status).toBe(303)
  })

  it('signing out works', async () => {
    const { state, browser } = await start(600)
    state.isDown = true
    expect((await browser.signOut()).status).toBe(303)
    expect((await browser.request('/organizer/')).headers.get('location')).toContain('/organizer/login')
    expect(browser.cookies.has('session')).toBe(false)
  })
})

describe('while the session store is down, and cookies have no copy', () => {
  it('a page says that the user stays signed in, changes no cookie, and offers to try again', async () => {
    const { state, browser, lines } = await start(0)
    state.isDown = true
    for (const path of ['/organizer/', '/organizer/?q=a%20b', account, devices, '/organizer/events/new', account]) {
      const response = await browser.request(path)
      expect([path, response.status, response.headers.getSetCookie()]).toEqual([path, 503, []])
      expect([response.headers.get('retry-after'), response.headers.get('cache-control')]).toEqual(['5', 'no-store'])
      const page = await response.text()
      expect(page).toMatch(
        new RegExp(`Back in a moment.*${cannot}\\. If you are signed in, you stay signed in\\.`, 's'),
      )
      expect(response.headers.get('refresh')).toBe('15')
      expect(page).toContain('This page tries again by itself, every 15 seconds.')
      expect(page).toContain(`class="button primary" href="${path.replaceAll('&', '&amp;')}"`)
      expect(page).not.toContain('ECONNRESET')
    }
    expect(lines.filter((line) => line.includes('did not answer'))).toHaveLength(1)
    // Four requests fail before the circuit breaker opens.
    expect(lines.filter((line) => line.includes('cannot be checked'))).toHaveLength(4)
    expect(lines.filter((line) => /^ +at /m.test(line))).toEqual([]) // the stack says nothing about an outage

    state.isDown = false
    passBreakerPause()
    for (const path of ['/organizer/', account, devices]) expect((await browser.request(path)).status).toBe(200)
  })

  it('nobody can sign in, and the page says so', async () => {
    const { state, browser, app } = await start(0)
    const guest = openBrowser(app)
    const csrf = csrfOf(await guest.text('/organizer/login'))
    state.isDown = true
    // One failed request is not an outage yet.
    for (let visit = 0; visit < 5; visit++) await browser.request('/organizer/')

    const response = await guest.send('/organizer/login', { csrf, ...ada })
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    expect(await openBrowser(app).text('/organizer/login')).toContain('signing in does not work')

    state.isDown = false
    passBreakerPause()
    expect((await guest.signIn()).status).toBe(303)
  })

  it('a sign-in that fails before the outage is known logs the name of the store', async () => {
    const { state, app, lines } = await start(0)
    const guest = openBrowser(app)
    const csrf = csrfOf(await guest.text('/organizer/login'))
    state.isDown = true
    expect((await guest.send('/organizer/login', { csrf, ...ada })).status).toBe(503)
    const outage = lines.filter((line) => line.includes('did not answer'))
    expect(outage).toEqual([expect.stringMatching(/^SQLite[^\n]* did not answer/)])
  })

  it('pages without a session work', async () => {
    const { state, app } = await start(0)
    state.isDown = true
    expect(await (await app.request('/healthz')).text()).toBe('ok')
    expect((await app.request('/organizer/nothing')).status).toBe(404)
  })
})

describe('a password change during which', () => {
  const fields = { ...newPassword, elsewhere: 'sign-out' }

  /** Ada is signed in in two browsers, and has opened her account page in the first. */
  async function startChange() {
    const started = await start(600)
    const other = openBrowser(started.app)
    await other.signIn()
    const csrf = csrfOf(await started.browser.text(account))
    return { ...started, other, csrf }
  }

  it('the session store stops changes nothing, says so, and signs nobody out', async () => {
    const { app, state, browser, other, csrf, passwords, people, person } = await startChange()
    const { hash } = passwords
    passwords.hash = async (password) => {
      state.isDown = true
      return hash(password)
    }
    const response = await browser.send(account, { ...fields, csrf })
    passwords.hash = hash
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    const page = await response.text()
    expect(page).toContain('Your password was not changed. Try again in a minute.')
    expect(page).not.toContain('may not have been saved')
    expect(await people.findById(person.id)).toEqual(person)

    state.isDown = false
    passBreakerPause()
    for (const each of [browser, other]) expect((await each.request('/organizer/')).status).toBe(200)
    expect((await openBrowser(app).signIn()).status).toBe(303)
  })

  it('the session store stops after it has renewed the session is made, and ends the other sessions', async () => {
    const { app, state, browser, other, csrf, people } = await startChange()
    const { changePassword } = people
    people.changePassword = async (...args) => {
      state.isDown = true
      return changePassword(...args)
    }
    expect((await browser.send(account, { ...fields, csrf })).status).toBe(303)

    state.isDown = false
    passBreakerPause()
    expect(await browser.text(account)).toContain(changed)
    expect((await browser.request('/organizer/')).status).toBe(200)
    expect((await other.request('/organizer/')).status).toBe(302)
    expect((await openBrowser(app).signIn({ password: newPassword['new-password'] })).status).toBe(303)
  })

  /** Ada changes her password, and the database does not answer. `makeChange` carries the change out. */
  async function loseAnswer() {
    const started = await startChange()
    const { browser, csrf, people } = started
    const { changePassword } = people
    let makeChange!: () => Promise<unknown>
    people.changePassword = async (...args) => {
      makeChange = () => changePassword(...args)
      throw new DatabaseDown(new Error('read ECONNRESET'))
    }
    const response = await browser.send(account, { ...fields, csrf })
    expect(response.status).toBe(503)
    expect(await response.text()).toContain('Your change may not have been saved.')
    people.changePassword = changePassword
    return { ...started, makeChange }
  }

  it('the database does not answer, but makes the change, keeps the user signed in, and says so', async () => {
    const { browser, other, makeChange } = await loseAnswer()
    await makeChange()
    expect(await browser.text(account)).toContain(changed)
    expect((await browser.request('/organizer/')).status).toBe(200)
    expect((await other.request('/organizer/')).status).toBe(302)
    const third = { 'current-password': newPassword['new-password'], 'new-password': 'a third password' }
    expect((await browser.changePassword(third)).status).toBe(303)
    expect(await browser.text(account)).toContain(changed)
  })

  it('the database does not answer, and makes no change, says so after a minute, and allows another', async () => {
    const { browser, other, clock } = await loseAnswer()
    expect(await browser.text(account)).toContain(unknown)
    expect(await browser.text(account)).not.toContain(unknown)
    const early = await browser.changePassword()
    expect(early.status).toBe(409)
    expect(await early.text()).toContain('Your last password change may still be under way. Try again in a minute.')

    clock.advance(60)
    expect(await browser.text(account)).toContain('Your password was not changed.')
    for (const each of [browser, other]) expect((await each.request('/organizer/')).status).toBe(200)
    expect((await browser.changePassword()).status).toBe(303)
    expect(await browser.text(account)).toContain(changed)
  })

  it('the database makes the change after pages have said that it is unknown keeps the user signed in', async () => {
    const { browser, other, makeChange } = await loseAnswer()
    expect(await browser.text(account)).toContain(unknown)
    await makeChange()
    expect(await browser.text(account)).toContain(changed)
    expect((await browser.request('/organizer/')).status).toBe(200)
    expect((await other.request('/organizer/')).status).toBe(302)
  })
})

const changed = 'Password changed. Your other devices were signed out.'
const unknown = 'know yet whether your password was changed. Check again in a minute.'
