import { setTimeout as sleep } from 'node:timers/promises'
import { explain } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../src/data/sqlite.ts'
import { createSignInLimits } from '../../src/server/sign-in-limits.ts'
import {
  ada,
  agents,
  csrfOf,
  day,
  sessionOptionsFor,
  openBrowser,
  quickPasswords,
  startApp,
  stoppedClock,
} from '../support/app.ts'
import { readDevices, devices, eve, signInOn, revoke, revokeOthers, nameDevice, start } from '../support/devices.ts'

describe('the devices page', () => {
  it('has one row for each sign-in: the current one, then the last used', async () => {
    const { app, clock } = await start()
    const phone = await signInOn(app, agents.iphone)
    clock.advance(day)
    const unknown = await signInOn(app, agents.unknown, {})
    clock.advance(day)
    const own = await signInOn(app, agents.firefox)
    await phone.request('/organizer/')
    clock.advance(120)

    const rows = readDevices(await own.text(devices))
    expect(rows.map(({ text }) => text)).toEqual([
      'Firefox on Linux This device In use now Rename Firefox on Linux',
      'Safari on iPhone Last used 2 minutes ago Rename Safari on iPhone Sign out Safari on iPhone',
      'A device Last used yesterday Rename A device Sign out A device',
    ])
    expect(await own.text(devices)).toContain('title="26 Nov 2026, 09:00 UTC">2 minutes ago</time>')
    expect(await own.text(devices)).toContain('title="Signed in 24 Nov 2026, 09:00 UTC"')
    expect(readDevices(await unknown.text(devices))[0]!.text).toMatch(/^A device This device/)
  })

  it('has one row for sign-ins that look alike, which signs out each of them, or all', async () => {
    const { app } = await start()
    const phones = [await signInOn(app, agents.iphone), await signInOn(app, agents.iphone)]
    phones.push(await signInOn(app, agents.iphone))
    const own = await signInOn(app)
    const page = await own.text(devices)
    const [, row] = readDevices(page)
    expect(readDevices(page)).toHaveLength(2)
    expect(page).toContain('You&#39;re signed in here, and have 3 other sign-ins.')
    expect(row!.text).toContain('Safari on iPhone 3 sign-ins')
    expect(page.match(/aria-describedby="each-/g)).toHaveLength(3)

    await own.submit(devices, { id: row!.ids[0]! }, revoke)
    expect(await own.text(devices)).toContain('Safari on iPhone</span> <span class="tag">2 sign-ins')
    const { csrf, ids } = { csrf: csrfOf(page), ids: row!.ids }
    const body = new URLSearchParams([['csrf', csrf], ...ids.map((id) => ['id', id] as [string, string])])
    await own.request(revoke, { method: 'POST', body, headers: { Origin: 'http://localhost' } })
    expect(await own.text(devices)).toContain('Safari on iPhone was signed out (2 sign-ins).')
    for (const phone of phones) expect((await phone.request('/organizer/')).status).toBe(302)
    expect((await own.request('/organizer/')).status).toBe(200)
  })

  it('names one of several sign-ins that look alike, which is a row of its own then', async () => {
    const { app } = await start()
    for (let times = 0; times < 3; times++) await signInOn(app, agents.iphone)
    const own = await signInOn(app)
    const page = await own.text(devices)
    const { ids } = readDevices(page)[1]!
    for (const id of ids) expect(page).toContain(`href="${devices}?name=${encodeURIComponent(id)}"`)
    const naming = await own.text(`${devices}?name=${ids[1]!}`)
    expect(naming).toMatch(/<details open="">.*<input id="device-name"[^>]* autofocus.*<\/details>/s)
    expect(naming).toContain('Safari on iPhone</span> <span class="tag">3 sign-ins')

    await own.submit(devices, { id: ids[1]!, name: 'My phone' }, nameDevice)
    const names = readDevices(await own.text(devices)).map(({ name }) => name)
    expect(names.toSorted()).toEqual(['Firefox on Linux', 'My phone', 'Safari on iPhone'])
  })

  it('keeps a name that was typed while the session ended, for the new session of the device', async () => {
    const { app, sessions, person } = await start()
    await signInOn(app, agents.iphone)
    const own = await signInOn(app)
    for (const row of [0, 1]) {
      const rows = readDevices(await own.text(devices))
      await sessions.revoke(String(person.id), rows[0]!.id)
      const sent = await own.send(nameDevice, { id: rows[row]!.id, name: 'My <device>' })
      const login = sent.headers.get('location')!
      expect([sent.status, login]).toEqual([303, expect.stringContaining('/organizer/login?next=')])
      const signedIn = await own.submit(login, { ...ada, remember: 'on' })
      const form = await own.text(signedIn.headers.get('location')!)
      expect(form).toMatch(/<input id="device-name"[^>]* value="My &lt;device&gt;"/)
      const naming = readDevices(form).find(({ text }) => text.includes('Name of this device'))!
      expect(naming.text).toContain(['In use now', 'Last used'][row]!)
    }
  })

  it('tells devices apart by their network', async () => {
    const { app } = await startApp({ sessionType: 'sqlite', trustProxy: 1 })
    for (const address of ['203.0.113.9', '203.0.113.10', '2001:db8:1::1']) {
      const phone = openBrowser(app, new Map(), agents.iphone)
      const login = await phone.text('/organizer/login')
      const form = { csrf: csrfOf(login), ...ada }
      await phone.send('/organizer/login', form, { Origin: 'http://localhost', 'X-Forwarded-For': address })
    }
    const own = await signInOn(app)
    const texts = readDevices(await own.text(devices)).map(({ text }) => text)
    expect(texts).toHaveLength(3)
    expect(texts.filter((text) => text.includes('network 203.0.113'))).toHaveLength(1)
    expect(texts.filter((text) => text.includes('network 2001:db8'))).toHaveLength(1)
  })

  it('shows the names that a user gives, which no other user sees or changes', async () => {
    const { app, deviceNames, person } = await start()
    const phone = await signInOn(app, agents.iphone)
    const stranger = await signInOn(app, agents.iphone, eve)
    const own = await signInOn(app)
    const { id } = readDevices(await own.text(devices))[1]!
    expect(await own.text(`${devices}?name=${id}`)).toMatch(/<input id="device-name"[^>]* autofocus/)

    await own.submit(devices, { id, name: ' My  <phone> ' }, nameDevice)
    const page = await own.text(devices)
    expect(page).toContain('Device renamed to “My &lt;phone&gt;”.')
    expect(readDevices(page)[1]!.name).toBe('My &lt;phone&gt;')
    expect(readDevices(page)[1]!.text).toContain('Safari on iPhone · Last used')
    await stranger.submit(devices, { id, name: 'Mine' }, nameDevice)
    expect(await stranger.text(devices)).toContain('That device was signed out already.')
    const long = await own.submit(devices, { id, name: 'x'.repeat(41) }, nameDevice)
    expect([long.status, await long.text()]).toEqual([
      422,
      expect.stringContaining('Shorten the name to 40 characters.'),
    ])
    expect((await own.send(nameDevice, { id, name: 'x' })).status).toBe(403)
    expect(readDevices(await own.text(devices))[1]!.name).toBe('My &lt;phone&gt;')

    // The names of sessions that have ended are removed with the next change.
    await phone.signOut()
    const { id: ownId } = readDevices(await own.text(devices))[0]!
    await own.submit(devices, { id: ownId, name: 'Laptop' }, nameDevice)
    expect([...(await deviceNames.listByOwner(person.id)).values()]).toEqual(['Laptop'])
    await own.submit(devices, { id: ownId, name: '' }, nameDevice)
    expect((await deviceNames.listByOwner(person.id)).size).toBe(0)
  })

  it('shows no user agent, no address and no label of another application', async () => {
    const { app, sessions, person } = await start()
    const session = await sessions.open(null)
    session.signIn(String(person.id), { label: agents.unknown })
    await sessions.commit(session)
    const own = await signInOn(app, agents.unknown)
    const page = await own.text(devices)
    expect(readDevices(page)).toHaveLength(2)
    expect(page).not.toMatch(/Tracker|203\.0/)
  })

  it('lists only the user’s own devices, and has no buttons if there is only one', async () => {
    const { app } = await start()
    await signInOn(app, agents.iphone, eve)
    const own = await signInOn(app, agents.firefox)
    const page = await own.text(devices)
    expect(readDevices(page)).toHaveLength(1)
    expect(page).toContain('re signed in here, and nowhere else.')
    expect(page).not.toContain('Sign out everywhere else')
    expect(page).not.toContain('name="id"')
  })

  it('is linked from the dashboard and the account, and sends guests to the sign-in page', async () => {
    const { app } = await start()
    const browser = openBrowser(app)
    expect((await browser.request(devices)).headers.get('location')).toBe(
      '/organizer/login?next=%2Forganizer%2Fdevices',
    )
    for (const path of [revoke, revokeOthers]) {
      const { headers } = await browser.send(path, { id: 'x' })
      const next = new URL(headers.get('location')!, 'http://own').searchParams.get('next')!
      expect((await browser.request(next)).headers.get('location')).toBe(devices)
    }
    await browser.signIn()
    for (const path of ['/organizer/', '/organizer/account']) {
      expect(await browser.text(path)).toContain(`href="${devices}"`)
    }
  })

  it('shows 50 others, and the number of the rest', async () => {
    const { app, sessions, person, deviceNames } = await start()
    for (let i = 0; i < 53; i++) {
      const session = await sessions.open(null)
      session.signIn(String(person.id))
      await sessions.commit(session)
    }
    const own = await signInOn(app)
    expect(readDevices(await own.text(devices))).toHaveLength(2)
    const ids = (await sessions.list(String(person.id))).map(({ id }) => id)
    for (const [i, id] of ids.entries()) await deviceNames.set(person.id, id, `Device ${i}`, ids)
    const page = await own.text(devices)
    expect(readDevices(page)).toHaveLength(51)
    expect(page).toContain('3 more sign-ins, not used for longer, are not shown.')
    await own.submit(devices, {}, revokeOthers)
    expect(await own.text(devices)).toContain('Signed out of 53 other devices.')
  })

  it('lists a session from before there was a store, which continues', async () => {
    const clock = stoppedClock()
    const before = await startApp({ clock, sessionType: 'cookie' })
    const phone = await signInOn(before.app, agents.iphone)
    const own = await signInOn(before.app)

    const after = await startApp({
      clock,
      sessionType: 'sqlite',
      dependencies: { people: before.people },
    })
    const [phoneNow, ownNow] = [phone, own].map(({ cookies }) => openBrowser(after.app, cookies))
    expect((await phoneNow!.request('/organizer/')).status).toBe(200)
    const names = readDevices(await ownNow!.text(devices)).map(({ name }) => name)
    expect(names).toEqual(['Firefox on Linux', 'Safari on iPhone'])
  })
})

describe('signing out another device', () => {
  it('confirms it once; the device gets the reason at its next request, and keeps its cookie', async () => {
    const { app } = await start()
    const phone = await signInOn(app, agents.iphone)
    const own = await signInOn(app)

    const { id } = readDevices(await own.text(devices))[1]!
    const response = await own.submit(devices, { id }, revoke)
    expect([response.status, response.headers.get('location')]).toEqual([303, devices])
    const page = await own.text(devices)
    expect(page).toMatch(/class="notice good">.*role="status">Safari on iPhone was signed out\./)
    expect(readDevices(page)).toHaveLength(1)
    expect(await own.text(devices)).not.toContain('was signed out')

    const refused = await phone.request('/organizer/events/new')
    expect([refused.status, refused.headers.getSetCookie()]).toEqual([302, []])
    const login = await phone.text(refused.headers.get('location')!)
    expect(login).toContain(explain('revoked').sentence)
    expect(await phone.text('/organizer/login?idle')).toContain(explain('revoked').sentence)
    expect((await phone.submit(refused.headers.get('location')!, ada)).headers.get('location')).toBe(
      '/organizer/events/new',
    )
  })

  it('responds the same for an unknown, malformed or foreign id, and ends nothing', async () => {
    const { app, sessions, people } = await start()
    const stranger = await signInOn(app, agents.iphone, eve)
    const phone = await signInOn(app, agents.iphone)
    const gone = await signInOn(app, agents.iphone)
    const own = await signInOn(app)
    const [strangers] = await sessions.list(String((await people.findByEmail(eve.email))!.id))
    const goneId = readDevices(await gone.text(devices))[0]!.id
    await gone.signOut()

    const odd = ['', '../x', '__proto__', '\0', 'ended.x', '%00', "' OR 1=1 --", 'x'.repeat(60_000)]
    for (const id of [goneId, strangers!.id, ...odd]) {
      const response = await own.submit(devices, { id }, revoke)
      expect([response.status, response.headers.get('location')]).toEqual([303, devices])
      const page = await own.text(devices)
      expect(page).toMatch(/class="notice calm">.*role="status">That device was signed out already\./)
      expect(readDevices(page)).toHaveLength(2)
    }
    expect((await own.submit(devices, { id: 'x'.repeat(1 << 20) }, revoke)).status).toBe(413)
    expect((await own.submit(devices, {}, revoke)).headers.get('location')).toBe(devices)
    for (const browser of [stranger, phone, own]) expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('refuses a form without the CSRF token', async () => {
    const { app } = await start()
    const phone = await signInOn(app, agents.iphone)
    const own = await signInOn(app)
    const { id } = readDevices(await own.text(devices))[1]!
    const strangers = csrfOf(await phone.text(devices))
    for (const csrf of ['', 'old', strangers]) {
      for (const path of [revoke, revokeOthers]) {
        const response = await own.send(path, { id, csrf })
        expect(response.status).toBe(403)
        const page = await response.text()
        expect(page).toMatch(/role="alert"[^>]*>.*This page was out of date, so nothing was changed/s)
        expect(readDevices(page)).toHaveLength(2)
      }
    }
    expect((await phone.request('/organizer/')).status).toBe(200)
  })

  it('signs out if it is the current device', async () => {
    const { app } = await start()
    const own = await signInOn(app)
    const { id } = readDevices(await own.text(devices))[0]!
    expect(id).not.toBe('')
    expect((await own.submit(devices, { id }, revoke)).headers.get('location')).toBe('/organizer/login')
    expect(await own.text('/organizer/login')).toContain('You are signed out.')
    expect((await own.request('/organizer/')).status).toBe(302)
  })
})

describe('signing out everywhere else', () => {
  it.each([
    [1, 'Signed out of your other device.'],
    [3, 'Signed out of 3 other devices.'],
  ])('ends the %i other sessions of the user, and confirms it', async (count, message) => {
    const { app } = await start()
    const stranger = await signInOn(app, agents.iphone, eve)
    const others = []
    for (let i = 0; i < count; i++) others.push(await signInOn(app, agents.iphone))
    const own = await signInOn(app)

    const response = await own.submit(devices, {}, revokeOthers)
    expect([response.status, response.headers.get('location')]).toEqual([303, devices])
    const page = await own.text(devices)
    expect(page).toContain(message)
    expect(readDevices(page)).toHaveLength(1)
    for (const other of others) {
      const refused = await other.request('/organizer/')
      expect(await other.text(refused.headers.get('location')!)).toContain(explain('revoked').sentence)
    }
    for (const browser of [stranger, own]) expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('without other devices ends nothing, and says that', async () => {
    const { app } = await start()
    const own = await signInOn(app)
    await own.submit(devices, {}, revokeOthers)
    expect(await own.text(devices)).toMatch(/class="notice calm".*You were not signed in on any other device\./)
  })

  it('ends sign-ins that are under way, and none that starts afterwards: 100 rounds', async () => {
    let letGo = () => {}
    let held = Promise.resolve()
    const passwords = {
      ...quickPasswords,
      verify: (hash: string | null | undefined, password: string) =>
        held.then(() => quickPasswords.verify(hash, password)),
    }
    const limits = createSignInLimits({ signIns: { points: 1000, duration: 3600 } })
    const { app } = await startApp({ sessionType: 'sqlite', dependencies: { passwords, limits } })
    const own = await signInOn(app)
    for (let round = 0; round < 100; round++) {
      held = new Promise((resolve) => (letGo = resolve))
      const late = Array.from({ length: 3 }, () => openBrowser(app))
      const signingIn = late.map((browser) => browser.signIn())
      for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate) // all passwords are being checked
      const revoking = own.submit(devices, {}, revokeOthers)
      if (round % 2 === 0) await revoking
      letGo()
      await Promise.all([revoking, ...signingIn])
      if (round % 2 === 0) {
        for (const browser of late) expect((await browser.request('/organizer/')).status).toBe(302)
      }
      // SQLite's clock counts whole milliseconds, and sign-ins of the same one are refused.
      await sleep(5)
      const after = await signInOn(app)
      expect((await after.request('/organizer/')).status).toBe(200)
      expect((await own.request('/organizer/')).status).toBe(200)
      await after.signOut()
    }
  })

  it('on two devices at once leaves one of them signed in, or none, without an error', async () => {
    const { app } = await start()
    for (let round = 0; round < 20; round++) {
      const [one, two] = [await signInOn(app), await signInOn(app)]
      const responses = await Promise.all([one, two].map((browser) => browser.submit(devices, {}, revokeOthers)))
      for (const { status } of responses) expect([302, 303]).toContain(status)
      const statuses = await Promise.all(
        [one, two].map(async (browser) => (await browser.request('/organizer/')).status),
      )
      expect(statuses).toContain(302)
    }
  })
})

describe('without a store', () => {
  it.each(['cookie', 'flask'] as const)(
    'the page says what it cannot do and how to turn it on: %s',
    async (sessionType) => {
      const { app } = await start(sessionType)
      const [own, other] = [await signInOn(app), await signInOn(app)]
      const page = await own.text(devices)
      expect(page).toContain('Other devices can&#39;t be listed or signed out here.')
      expect(page).toContain('<code>SESSION_TYPE=sqlite</code>')
      expect(page).toMatch(/Changing your password signs out all your other devices.*href="\/organizer\/account"/s)
      expect(page.includes('Turning it on doesn&#39;t sign anyone out.')).toBe(sessionType === 'cookie')

      for (const path of [revoke, revokeOthers]) {
        const response = await own.send(path, { id: 'x', csrf: csrfOf(page) })
        expect([response.status, response.headers.get('location')]).toEqual([303, devices])
      }
      expect((await other.request('/organizer/')).status).toBe(200)
    },
  )
})

describe('while the store does not answer', () => {
  it('the devices page asks to try again, and nobody is signed out', async () => {
    const store = sqliteStore(await openSqlite(':memory:'))
    let isDown = false
    const failing =
      <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
      async (...args: Args): Promise<Answer> => {
        if (isDown) throw new Error('disk I/O error')
        return call(...args)
      }
    const [list, endAll] = [failing(store.list), failing(store.endAll)]
    const { app, lines } = await startApp({
      sessions: { ...(await sessionOptionsFor('cookie')), store: { ...store, list, endAll } },
    })
    const phone = await signInOn(app, agents.iphone)
    const own = await signInOn(app)
    const csrf = csrfOf(await own.text(devices))

    isDown = true
    for (const [response, sentence] of [
      [await own.request(devices), 'We can&#39;t list them right now.'],
      [await own.send(revoke, { id: 'x', csrf }), 'It may not be saved'],
      [await own.send(revokeOthers, { csrf }), 'It may not be saved'],
    ] as const) {
      expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      const page = await response.text()
      expect(page).toContain(sentence)
      expect(page).not.toContain('disk')
    }
    expect(lines.join('\n')).toContain('disk I/O error')
    isDown = false
    for (const browser of [own, await signInOn(app), phone]) {
      expect((await browser.request('/organizer/')).status).not.toBe(503)
    }
    expect((await own.request(devices)).status).toBe(200)
  })
})
