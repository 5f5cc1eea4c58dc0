import { sqliteStore } from 'sojourn/sqlite'
import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../src/data/sqlite.ts'
import { ada, csrfOf, openBrowser, secret, startApp, supper } from '../support/app.ts'

describe('creating an event', () => {
  it('adds it to the list, with one message', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()

    const created = await browser.createEvent({ description: 'Soup.\r\nBread.' })
    expect([created.status, created.headers.get('location')]).toEqual([303, '/organizer/'])
    const page = await browser.text('/organizer/')
    expect(page).toContain('“Supper” is on your list.')
    expect(page).toContain('Thursday 24 December, 18:30')
    expect(page).toContain('Soup.\nBread.')
    expect(await browser.text('/organizer/')).not.toContain('is on your list')
  })

  it.each<[string, Record<string, string>, string]>([
    ['title', { title: ' \t ' }, 'Give the event a title.'],
    ['title', { title: 'x'.repeat(121) }, 'Shorten the title'],
    ['date', { date: '' }, 'Choose a date.'],
    ['date', { date: '2026-02-30' }, '“2026-02-30” is not a date.'],
    ['date', { date: '9999-12-31' }, 'Choose a date between 2000 and 2099.'],
    ['date', { date: 'tomorrow' }, '“tomorrow” is not a date.'],
    ['time', { time: '' }, 'Choose a time.'],
    ['time', { time: '24:00' }, 'Write the time as 18:30.'],
    ['place', { place: '' }, 'Say where it takes place.'],
    ['description', { description: 'x'.repeat(2001) }, 'Shorten the description'],
  ])('explains what is wrong with the %s, keeps the input, and creates nothing: %j', async (field, fields, message) => {
    const { app, events, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()

    const response = await browser.createEvent({ title: 'Kept <title>', ...fields })
    const page = await response.text()
    expect(response.status).toBe(422)
    expect(page).toMatch(/role="alert"/)
    expect(page).toContain(`<a href="#${field}">${message}`)
    expect(page).toMatch(
      new RegExp(`id="${field}" name="${field}" aria-invalid="true" aria-describedby="${field}-error"`),
    )
    expect(page).toContain('value="18:30"'.slice(0, field === 'time' ? 0 : undefined))
    if (field !== 'title') expect(page).toContain('value="Kept &lt;title&gt;"')
    expect(await events.listByOwner(person.id)).toEqual([])
  })
})

describe('an event that a user typed after their session had ended', () => {
  /** A browser in which Ada’s session ended while she typed. She has just sent the form. */
  async function typedTooLate(fields: Record<string, string> = {}) {
    const started = await startApp()
    const { app, clock, people, passwords } = started
    const eve = { email: 'eve@example.com', password: 'an apple of knowledge' }
    await people.add({ email: eve.email, name: 'Eve', passwordHash: await passwords.hash(eve.password) })
    const browser = openBrowser(app)
    await browser.signIn()
    const form = hiddenFields(await browser.text('/organizer/events/new'))
    clock.advance(7 * 86_400)
    const refused = await browser.send('/organizer/events', { ...supper, title: 'Not lost', ...form, ...fields })
    return { ...started, browser, eve, refused }
  }

  it('is kept in the sign-in page, and then until they create it, even if the page is loaded several times', async () => {
    const { browser, refused, events, person } = await typedTooLate()
    const login = await refused.text()
    expect(refused.status).toBe(403)
    expect(login).toContain('Your event is safe: sign in, and “Not lost” will be waiting.')
    expect(login).toContain('action="/organizer/login?next=%2Forganizer%2Fevents%2Fnew"')
    const mistyped = await browser.submitShown(login, { ...ada, password: 'wrong' })
    expect(mistyped.status).toBe(422)
    const signedIn = await browser.submitShown(await mistyped.text(), ada)
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/organizer/events/new'])

    await browser.request('/organizer/events/new', { method: 'HEAD' })
    for (let load = 0; load < 2; load++) {
      const page = await browser.text('/organizer/events/new')
      expect(page).toContain('value="Not lost"')
      expect(page).toContain('Your event is safe, but not saved yet.')
    }
    await browser.createEvent({ title: '' })
    expect(await browser.text('/organizer/events/new')).toContain('value="Not lost"')

    expect((await browser.createEvent({ title: 'Not lost' })).status).toBe(303)
    expect(await events.listByOwner(person.id)).toMatchObject([{ title: 'Not lost' }])
    expect(await browser.text('/organizer/events/new')).not.toContain('Not lost')
  })

  it('is shown if they sign in in another tab, and is not stored, because the token is not valid', async () => {
    const { browser, refused, events, person } = await typedTooLate()
    await browser.signIn()
    const continued = await browser.submitShown(await refused.text(), {})
    const page = await continued.text()
    expect([continued.status, continued.headers.getSetCookie()]).toEqual([200, []])
    expect(page).toContain('Your event is safe, but not saved yet.')
    expect(await browser.text('/organizer/events/new')).not.toContain('Not lost')

    const hidden = { csrf: csrfOf(page), for: String(person.id) }
    expect(page).toMatch(/<main.*action="\/organizer\/events"/s)
    expect((await browser.send('/organizer/events', { ...supper, title: 'Not lost', ...hidden })).status).toBe(303)
    expect(await events.listByOwner(person.id)).toMatchObject([{ title: 'Not lost' }])
  })

  it('replaces no draft that a session keeps, if a form without a valid token brings it', async () => {
    const { browser, refused, person } = await typedTooLate()
    await browser.submitShown(await refused.text(), ada)
    const planted = { ...supper, title: 'Planted', for: String(person.id), csrf: 'x' }
    expect((await browser.send('/organizer/login', planted)).status).toBe(200)
    expect(await browser.text('/organizer/events/new')).toContain('value="Not lost"')
  })

  it('is kept as they typed it', async () => {
    const description = 'Soup & <bread>\n\n"Quoted", \'twice\''
    const { browser, refused, events, person } = await typedTooLate({ description, title: '' })
    await browser.submitShown(await refused.text(), ada)
    const page = await browser.text('/organizer/events/new')
    expect(page).toContain('>Soup &amp; &lt;bread&gt;\n\n&quot;Quoted&quot;, &#39;twice&#39;</textarea>')
    expect((await browser.createEvent({ description })).status).toBe(303)
    expect(await events.listByOwner(person.id)).toMatchObject([{ description }])
  })

  it('is never shown to the next user who signs in there, and is deleted then', async () => {
    const { browser, eve, refused } = await typedTooLate()
    const signedIn = await browser.submitShown(await refused.text(), eve)
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/organizer/events/new'])
    const page = await browser.text('/organizer/events/new')
    expect(page).not.toMatch(/Not lost|still here/)

    await browser.signOut()
    await browser.signIn()
    expect(await browser.text('/organizer/events/new')).not.toContain('Not lost')
  })

  it('is deleted when they sign out', async () => {
    const { browser, refused } = await typedTooLate()
    await browser.submitShown(await refused.text(), ada)
    await browser.signOut()
    await browser.signIn()
    expect(await browser.text('/organizer/events/new')).not.toContain('Not lost')
  })

  it.each(['', 'ada', '-1', '1e3', '9'.repeat(40)])(
    'is kept only with the id of whose it is, not with %j',
    async (id) => {
      const { app } = await startApp()
      const response = await openBrowser(app).send('/organizer/events', { ...supper, for: id })
      expect([response.status, response.headers.get('location')]).toEqual([
        303,
        '/organizer/login?next=%2Forganizer%2Fevents%2Fnew',
      ])
      expect(response.headers.getSetCookie()).toEqual([])
    },
  )

  it.each([undefined, 1, 7])(
    'is not written to the session store before they have signed in (event: %s)',
    async (id) => {
      const written: string[] = []
      const store = sqliteStore(await openSqlite(':memory:'))
      const create: typeof store.create = (record, ...rest) => {
        written.push(JSON.stringify(record.data))
        return store.create(record, ...rest)
      }
      const { app, person } = await startApp({ sessions: { secrets: [secret], store: { ...store, create } } })
      const visitor = openBrowser(app)
      for (let i = 0; i < 20; i++) {
        const path = id === undefined ? '/organizer/events' : `/organizer/events/${id}`
        expect((await visitor.send(path, { ...supper, for: String(person.id) })).status).toBe(403)
        visitor.cookies.delete('guest')
      }
      expect(written).toEqual([])
    },
  )

  it('is kept even if it is as long as the form allows', async () => {
    const longest = { title: '"'.repeat(120), place: '語'.repeat(120), description: '語'.repeat(2000) }
    const { browser, refused } = await typedTooLate(longest)
    const signedIn = await browser.submitShown(await refused.text(), ada)
    // A cookie has no room for it. There, the response to the sign-in is the form.
    const inCookie = !(await startApp()).sessions.revocable
    expect(signedIn.status).toBe(inCookie ? 200 : 303)
    const page = inCookie ? await signedIn.text() : await browser.text('/organizer/events/new')
    expect((await browser.submitShown(page, supper)).status).toBe(303)
    for (const text of [longest.place, longest.description]) expect(page).toContain(text)
  })

  it('is kept without a store if a cookie has room for it', async () => {
    const { browser, refused } = await typedTooLate({ description: '"'.repeat(690) })
    await browser.submitShown(await refused.text(), ada)
    expect(await browser.text('/organizer/events/new')).toContain('value="Not lost"')
    expect((await browser.createEvent({ title: '🎄'.repeat(60) })).status).toBe(303)
    expect((await browser.request('/organizer/')).status).toBe(200)
  })
})

describe('the dashboard', () => {
  it('shows future events, then past ones with the latest first, and labels near dates', async () => {
    const { app, events, person } = await startApp()
    for (const [title, startsAt] of [
      ['Long ago', '2025-01-01T10:00'],
      ['Yesterday', '2026-11-23T10:00'],
      ['This morning', '2026-11-24T00:00'],
      ['The day after', '2026-11-25T10:00'],
      ['Far off', '2027-06-01T10:00'],
    ] as const) {
      await events.add(person.id, { title, startsAt, place: 'Here', description: '' })
    }
    const browser = openBrowser(app)
    await browser.signIn()
    const page = await browser.text('/organizer/')
    const titles = [...page.matchAll(/<h3><a [^>]*>([^<]+)<\/a>(?: <span class="tag">([^<]+))?/g)].map((match) =>
      match.slice(1, 3),
    )
    expect(titles).toEqual([
      ['The day after', 'Tomorrow'],
      ['Far off', undefined],
      ['This morning', 'Earlier today'],
      ['Yesterday', undefined],
      ['Long ago', undefined],
    ])
    expect(page).toContain('2 events are coming up, the next one tomorrow.')
  })

  it('invites a user without events to plan one', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const page = await browser.text('/organizer/')
    expect(page).toContain('Plan your first event')
    expect(page).toContain('Nothing is coming up.')
  })

  it('shows no events of other users', async () => {
    const { app, events, people } = await startApp()
    const other = (await people.add({ email: 'eve@example.com', name: 'Eve', passwordHash: '' }))!
    await events.add(other.id, { title: 'Secret', startsAt: '2027-01-01T10:00', place: 'There', description: '' })
    const browser = openBrowser(app)
    await browser.signIn()
    expect(await browser.text('/organizer/')).not.toContain('Secret')
  })

  it('finds events by a word, and shows at most ten past events first', async () => {
    const { app, events, person } = await startApp()
    for (let i = 0; i < 30; i++) {
      await events.add(person.id, {
        title: `Walk ${i}`,
        startsAt: `2025-01-${10 + (i % 20)}T10:00`,
        place: i === 7 ? 'Fen & <moor>' : 'Hill',
        description: '',
      })
    }
    const browser = openBrowser(app)
    await browser.signIn()
    const found = await browser.text('/organizer/?q=FEN+%26')
    expect(found).toContain('1 of 30 events')
    expect(found).toContain('Fen &amp; &lt;moor&gt;')
    expect(await browser.text('/organizer/?q=%3Cscript%3E')).toContain('No events match “&lt;script&gt;”.')
    expect((await browser.text('/organizer/')).match(/<h3>/g)).toHaveLength(10)
    expect((await browser.text('/organizer/?all=past')).match(/<h3>/g)).toHaveLength(30)
  })

  it('shows at most fifty future events first, and offers the rest and a way out of a search', async () => {
    const { app, events, person } = await startApp()
    for (let i = 0; i < 53; i++)
      await events.add(person.id, { title: `Walk ${i}`, startsAt: '2027-01-10T10:00', place: 'Hill', description: '' })
    const browser = openBrowser(app)
    await browser.signIn()
    const page = await browser.text('/organizer/?q=walk')
    expect(page.match(/<h3>/g)).toHaveLength(50)
    const [, more = ''] = /href="([^"]*all=coming[^"]*)"/.exec(page)!
    expect((await browser.text(more.replaceAll('&amp;', '&'))).match(/<h3>/g)).toHaveLength(53)
    expect(page).toContain('<a href="/organizer/">Clear the search</a>')
    expect(await browser.text('/organizer/')).not.toContain('Clear the search')
  })

  it('cuts a long description, and only a long one', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    await browser.createEvent({ description: 'Short.' })
    expect(await browser.text('/organizer/')).not.toContain('<details')
    await browser.createEvent({ description: 'Long. '.repeat(30) })
    expect((await browser.text('/organizer/')).match(/<details class="more">/g)).toHaveLength(1)
  })

  it('keeps a message for the next whole page if a script fetches only the list', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    await browser.createEvent()
    const found = await browser.request('/organizer/?q=supper', { headers: { 'X-List-Only': '1' } })
    expect(await found.text()).toContain('1 of 1 events')
    expect(await browser.text('/organizer/')).toContain('“Supper” is on your list.')
  })
})

function hiddenFields(page: string): Record<string, string> {
  const form = page.slice(page.indexOf('action="/organizer/events"'))
  return Object.fromEntries(
    [...form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  )
}
