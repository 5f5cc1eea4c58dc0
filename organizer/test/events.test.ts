import { describe, expect, it } from 'vitest'
import { openBrowser, startApp, supper } from './helpers.ts'

describe('making an event', () => {
  it('puts it on the list and says so once', async () => {
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
  ])('says what is wrong with the %s, keeps what was typed, and makes none: %j', async (field, fields, message) => {
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
    expect(events.of(person.id)).toEqual([])
  })

  it('keeps what was typed for somebody whose sign-in had ended', async () => {
    const { app, clock } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    clock.advance(7 * 86_400)

    const refused = await browser.send('/organizer/events', { ...supper, title: 'Not lost' })
    const login = refused.headers.get('location')!
    expect([refused.status, login]).toEqual([303, '/organizer/login?next=%2Forganizer%2Fevents%2Fnew'])
    const signedIn = await browser.submit(login, { email: 'ada@example.com', password: 'a difference engine' })
    const page = await browser.text(signedIn.headers.get('location')!)
    expect(page).toContain('value="Not lost"')
    expect(page).toContain('What you had typed is still here.')
    expect(await browser.text('/organizer/events/new')).not.toContain('Not lost')
  })

  it('does not keep more than a cookie carries', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    const response = await browser.send('/organizer/events', { ...supper, description: '🎄'.repeat(900) })
    expect(response.status).toBe(303)
    expect(response.headers.getSetCookie()).toEqual([])
    const most = { ...supper, description: '"'.repeat(690) }
    expect((await browser.send('/organizer/events', most)).status).toBe(303)
    expect((await browser.signIn()).status).toBe(303)
    expect((await browser.createEvent({ title: '🎄'.repeat(60) })).status).toBe(303)
    expect((await browser.request('/organizer/')).status).toBe(200)
  })
})

describe('the dashboard', () => {
  it('shows what is coming first, then what is past, the latest first, and names what is near', async () => {
    const { app, events, person } = await startApp()
    for (const [title, startsAt] of [
      ['Long ago', '2025-01-01T10:00'],
      ['Yesterday', '2026-11-23T10:00'],
      ['This morning', '2026-11-24T00:00'],
      ['The day after', '2026-11-25T10:00'],
      ['Far off', '2027-06-01T10:00'],
    ] as const) {
      events.add(person.id, { title, startsAt, place: 'Here', description: '' })
    }
    const browser = openBrowser(app)
    await browser.signIn()
    const page = await browser.text('/organizer/')
    const titles = [...page.matchAll(/<h3><span dir="auto">([^<]+)<\/span>(?: <span class="tag">([^<]+))?/g)].map(
      (match) => match.slice(1, 3),
    )
    expect(titles).toEqual([
      ['This morning', 'Today'],
      ['The day after', 'Tomorrow'],
      ['Far off', undefined],
      ['Yesterday', undefined],
      ['Long ago', undefined],
    ])
    expect(page).toContain('3 events are coming up, the next one today.')
  })

  it('invites somebody without events to plan the first', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const page = await browser.text('/organizer/')
    expect(page).toContain('Plan your first event')
    expect(page).toContain('Nothing is coming up.')
  })

  it('shows nobody else’s events', async () => {
    const { app, events, people } = await startApp()
    const other = people.add({ email: 'eve@example.com', name: 'Eve', passwordHash: '' })!
    events.add(other.id, { title: 'Secret', startsAt: '2027-01-01T10:00', place: 'There', description: '' })
    const browser = openBrowser(app)
    await browser.signIn()
    expect(await browser.text('/organizer/')).not.toContain('Secret')
  })

  it('finds events by a word in them, and shows long pasts in part', async () => {
    const { app, events, person } = await startApp()
    for (let i = 0; i < 30; i++) {
      events.add(person.id, {
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
    expect(await browser.text('/organizer/?q=%3Cscript%3E')).toContain('No event has “&lt;script&gt;” in it.')
    expect((await browser.text('/organizer/')).match(/<h3>/g)).toHaveLength(10)
    expect((await browser.text('/organizer/?past=all')).match(/<h3>/g)).toHaveLength(30)
  })
})
