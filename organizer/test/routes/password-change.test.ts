import { createSessions, explain, type SessionsOptions } from 'sojourn'
import { describe, expect, it } from 'vitest'
import type { Passwords } from '../../src/passwords.ts'
import { createSignInLimits } from '../../src/server/sign-in-limits.ts'
import {
  ada,
  csrfOf,
  sessionOptionsFor,
  newPassword,
  openBrowser,
  quickPasswords,
  sessionTypes,
  startApp,
  stoppedClock,
} from '../support/app.ts'

const why = 'Your password was changed, so you were signed out here. Use the new one.'
const rounds = 100

describe.each(sessionTypes)('with SESSION_TYPE=%s, a password change', (sessionType) => {
  // With a store, the outcome is `revoked`.
  const reason = sessionType === 'sqlite' ? explain('revoked').sentence : why
  let options: SessionsOptions

  async function start(passwords: Passwords = quickPasswords) {
    const clock = stoppedClock()
    options = await sessionOptionsFor(sessionType)
    const limits = createSignInLimits({ signIns: { points: 2 * rounds, duration: 3600 } })
    return startApp({ clock, sessionType, sessions: options, dependencies: { passwords, limits } })
  }

  /** A browser that has just signed in. */
  async function freshBrowser({ app }: Awaited<ReturnType<typeof start>>, password = ada.password) {
    const browser = openBrowser(app)
    await browser.signIn({ password, remember: 'on' })
    return browser
  }

  it('ends all other sessions, each with the reason', async () => {
    const started = await start()
    const others = [openBrowser(started.app), openBrowser(started.app), openBrowser(started.app)]
    for (const other of others) await other.signIn()
    const browser = await freshBrowser(started)
    expect((await browser.changePassword()).status).toBe(303)

    expect((await browser.request('/organizer/')).status).toBe(200)
    for (const other of others) {
      const refused = await other.request('/organizer/')
      expect([refused.status, refused.headers.getSetCookie()]).toEqual([302, []])
      expect(await other.text(refused.headers.get('location')!)).toContain(reason)
      expect((await other.request('/organizer/session')).status).toBe(401)
      expect((await other.submit('/organizer/login', ada)).status).toBe(422)
      expect((await other.signIn({ password: newPassword['new-password'] })).status).toBe(303)
      expect((await other.request('/organizer/')).status).toBe(200)
    }
  })

  it('ends them on every server and after a restart; they cannot end the session that continues', async () => {
    const started = await start()
    const browser = await freshBrowser(started)
    const copy = new Map(browser.cookies)
    await browser.changePassword()

    const sessions = createSessions({ ...options, now: started.clock.now })
    const { app } = await startApp({ clock: started.clock, dependencies: { ...started, sessions } })
    const stolen = openBrowser(app, copy)
    const login = (await stolen.request('/organizer/')).headers.get('location')!
    const page = await stolen.text(login)
    expect(page).toContain(sessionType === 'sqlite' ? explain('ended').sentence : why)
    expect((await stolen.send('/organizer/logout', { csrf: csrfOf(page) })).headers.get('location')).toBe(
      '/organizer/login',
    )
    const own = openBrowser(app, new Map(browser.cookies))
    expect((await own.request('/organizer/')).status).toBe(200)
  })

  it('without the tick ends none; the next one with the tick ends all', async () => {
    const started = await start()
    const other = openBrowser(started.app)
    await other.signIn()
    const browser = await freshBrowser(started)
    const page = await browser.text('/organizer/account')
    expect(page).toMatch(/<input type="checkbox"[^>]* name="elsewhere" value="sign-out" checked=""/)
    const wrong = await browser.changePassword({ 'current-password': 'wrong', elsewhere: 'keep' })
    expect(await wrong.text()).not.toContain('checked')

    await browser.changePassword({ elsewhere: 'keep' })
    expect(await browser.text('/organizer/account')).toContain(
      'Password changed. You stay signed in on your other devices.',
    )
    for (const either of [browser, other]) expect((await either.request('/organizer/')).status).toBe(200)
    expect((await openBrowser(started.app).signIn()).status).toBe(422)
    const late = openBrowser(started.app)
    expect((await late.signIn({ password: newPassword['new-password'] })).status).toBe(303)

    const third = { 'current-password': newPassword['new-password'], 'new-password': 'a third password' }
    await browser.changePassword({ ...third, elsewhere: 'sign-out' })
    expect(await browser.text('/organizer/account')).toContain('Your other devices were signed out.')
    expect((await browser.request('/organizer/')).status).toBe(200)
    for (const each of [other, late]) expect((await each.request('/organizer/')).status).toBe(302)
  })

  it('ends no sessions of other users', async () => {
    const started = await start()
    const passwordHash = await quickPasswords.hash('an apple of knowledge')
    await started.people.add({ email: 'eve@example.com', name: 'Eve', passwordHash })
    const eve = openBrowser(started.app)
    await eve.signIn({ email: 'eve@example.com', password: 'an apple of knowledge' })
    await (await freshBrowser(started)).changePassword()
    expect((await eve.request('/organizer/')).status).toBe(200)
  })

  it('keeps input on another device until the user has signed in with the new password', async () => {
    const started = await start()
    const other = openBrowser(started.app)
    await other.signIn()
    await (await freshBrowser(started)).changePassword()

    const typed = { title: 'Not lost', date: '2027-01-01', time: '10:00', place: 'Here', description: '' }
    const refused = await other.send('/organizer/events', { ...typed, for: String(started.person.id) })
    const login = await refused.text()
    expect(login).toContain(reason)
    await other.submitShown(login, { email: ada.email, password: newPassword['new-password'] })
    expect(await other.text('/organizer/events/new')).toContain('value="Not lost"')
  })

  it(`refuses sign-ins with the old password that are under way: ${rounds} rounds`, { timeout: 60_000 }, async () => {
    const held = holdable(quickPasswords)
    const started = await start(held.passwords)
    const browser = await freshBrowser(started)
    let password = ada.password
    const outcome = { in: 0, changerOut: 0, signedIn: 0, refused: 0 }
    for (let round = 0; round < rounds; round++) {
      const next = `password number ${round}`
      const late = openBrowser(started.app)
      await late.request('/organizer/login')

      held.hold()
      const signingIn = late.signIn({ password })
      await held.reached(1) // the record was read, and its hash is being checked
      const changing = browser.changePassword({ 'current-password': password, 'new-password': next })
      await held.reached(2)
      await held.releaseInAnyOrder()
      const [signedIn, changed] = await Promise.all([signingIn, changing])

      expect(changed.status).toBe(303)
      if (signedIn.status === 409) {
        expect(await signedIn.text()).toContain('were signed out while you signed in. Sign in again.')
        outcome.refused += 1
      } else expect(signedIn.status).toBe(303)
      if ((await late.request('/organizer/')).status !== 302) outcome.in += 1
      if ((await browser.request('/organizer/')).status !== 200) outcome.changerOut += 1
      if (late.cookies.has('session')) outcome.signedIn += 1
      password = next
    }
    expect(outcome).toMatchObject({ in: 0, changerOut: 0 })
    // With a store, a sign-in that was too late is refused.
    expect(outcome.refused > 0).toBe(sessionType === 'sqlite')
    expect(outcome.signedIn + outcome.refused).toBe(rounds)
    expect((await started.people.findById(started.person.id))?.passwordNumber).toBe(rounds + 1)
  })
})

/** Passwords whose checks a test can hold, and release in any order. */
function holdable(passwords: Passwords) {
  let holding = false
  let waiting: (() => void)[] = []
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return {
    passwords: {
      hash: passwords.hash,
      async verify(passwordHash, password) {
        if (holding) await new Promise<void>((resolve) => waiting.push(resolve))
        return passwords.verify(passwordHash, password)
      },
    } satisfies Passwords,
    hold: () => void (holding = true),
    async reached(count: number) {
      while (waiting.length < count) await turn()
    },
    async releaseInAnyOrder() {
      const first = Math.random() < 0.5
      const [one, other] = first ? waiting : waiting.toReversed()
      holding = false
      waiting = []
      one!()
      for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) await turn()
      other!()
    },
  }
}

describe('with a store, a password change', () => {
  it('removes the others from the list of devices', async () => {
    const { app, sessions, person } = await startApp({
      sessionType: 'sqlite',
    })
    for (let i = 0; i < 3; i++) await openBrowser(app).signIn()
    const browser = openBrowser(app)
    await browser.signIn()
    await browser.changePassword()
    expect(await sessions.list(String(person.id))).toHaveLength(1)
    expect(await browser.text('/organizer/devices')).toContain('re signed in here, and nowhere else.')
  })

  it('ends them even if the store is down', async () => {
    const kept = await sessionOptionsFor('sqlite')
    const store = { ...kept.store!, endAll: () => Promise.reject(new Error('disk I/O error')) }
    const { app, lines } = await startApp({ sessions: { ...kept, store } })
    const [browser, other] = [openBrowser(app), openBrowser(app)]
    for (const each of [browser, other]) await each.signIn()
    expect((await browser.changePassword()).headers.get('location')).toBe('/organizer/account')
    expect(await browser.text('/organizer/account')).toContain('Password changed.')
    expect(await other.text((await other.request('/organizer/')).headers.get('location')!)).toContain(why)
    expect(lines.join('\n')).toContain('disk I/O error')
  })
})

describe('a session', () => {
  it('that continues after a password change has a new cookie, and the old cookie opens nothing', async () => {
    const { app, sessions } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const copy = `session=${browser.cookies.get('session')}`
    await browser.changePassword()
    expect((await sessions.open(copy)).outcome).toBe('ended')
    expect((await sessions.open(`session=${browser.cookies.get('session')}`)).outcome).toBe('active')
  })

  it('from before passwords had numbers continues until the user changes the password', async () => {
    const { app, people, person, sessions } = await startApp()
    const session = await sessions.open(null)
    session.signIn(String(person.id))
    const [cookie = ''] = (await sessions.commit(session)).getSetCookie()
    const [, value = ''] = /^session=([^;]+)/.exec(cookie) ?? []
    const old = openBrowser(app, new Map([['session', value]]))

    expect((await old.request('/organizer/')).status).toBe(200)
    expect((await people.changePassword(person.id, 'x', { expectedNumber: 1 }))?.passwordNumber).toBe(2)
    expect((await old.request('/organizer/')).status).toBe(302)
  })

  it('of a later password than the stored one is invalid, such as after a database restore', async () => {
    const { app, person, sessions } = await startApp()
    const session = await sessions.open(null)
    session.signIn(String(person.id))
    session.data.passwordCheck = { for: person.id, number: 2 }
    const [cookie = ''] = (await sessions.commit(session)).getSetCookie()
    const [, value = ''] = /^session=([^;]+)/.exec(cookie) ?? []
    const later = openBrowser(app, new Map([['session', value]]))
    expect((await later.request('/organizer/')).status).toBe(302)
  })

  it('of a guest cannot add a password check to a sign-in', async () => {
    const { app, people, person, sessions } = await startApp()
    await people.changePassword(person.id, person.passwordHash, { expectedNumber: 1 })
    const guest = await sessions.open(null)
    guest.data.passwordCheck = { for: person.id, number: 3 }
    const [cookie = ''] = (await sessions.commit(guest)).getSetCookie()
    const [, value = ''] = /^guest=([^;]+)/.exec(cookie) ?? []
    const browser = openBrowser(app, new Map([['guest', value]]))
    await browser.signIn()
    expect((await browser.request('/organizer/')).status).toBe(200)

    await people.changePassword(person.id, person.passwordHash, { expectedNumber: 2 })
    expect((await browser.request('/organizer/')).status).toBe(302)
  })
})

describe('the record of a person', () => {
  it('gets a new hash and number in one step, and only if the expected number matches', async () => {
    const { people, person } = await startApp()
    expect(person.passwordNumber).toBe(1)
    const changed = await people.changePassword(person.id, 'new', { expectedNumber: 1 })
    expect(changed).toEqual({ ...person, passwordHash: 'new', passwordNumber: 2, oldestPassword: 2 })
    expect(await people.changePassword(person.id, 'late', { expectedNumber: 1 })).toBeNull()
    expect(await people.changePassword(99, 'nobody', { expectedNumber: 1 })).toBeNull()
    expect(await people.findById(person.id)).toEqual(changed)
    const kept = await people.changePassword(person.id, 'third', { expectedNumber: 2, others: 'kept' })
    expect(kept).toMatchObject({ passwordNumber: 3, oldestPassword: 2 })
  })
})
