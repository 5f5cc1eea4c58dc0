import { describe, expect, it } from 'vitest'
import { createReader } from '../src/reader.ts'
import { openBrowser, startApp } from './support/app.ts'

const now = Date.parse('2026-11-24T12:27:00Z')
const minute = 60_000
const hour = 60 * minute

describe('dates for a reader', () => {
  it.each([
    ['Pacific/Kiritimati', '2026-11-25T02:27'],
    ['America/Los_Angeles', '2026-11-24T04:27'],
    ['Europe/Berlin', '2026-11-24T13:27'],
  ])('are of the time zone %s, where it is %s', (zone, local) =>
    expect(createReader('en-GB', zone, now).now).toBe(local),
  )

  it.each([
    ['en-GB', 'Thursday 24 December, 18:30', '24 Nov 2026, 09:05', 'Dec'],
    ['en-US', 'Thursday, December 24, 6:30 PM', 'Nov 24, 2026, 9:05 AM', 'Dec'],
    ['de', 'Donnerstag, 24. Dezember, 18:30', '24. Nov. 2026, 09:05', 'Dez'],
    ['fa', 'پنجشنبه 24 دسامبر, 18:30', '24 نوامبر 2026، 09:05', 'دسامبر'],
  ])('are of the language %s', (language, start, instant, month) => {
    const reader = createReader(language, 'Etc/UTC', now)
    expect(reader.formatStart('2026-12-24T18:30')).toBe(start)
    expect(reader.formatInstant(Date.parse('2026-11-24T09:05:00Z'))).toBe(instant)
    expect(reader.formatMonth('2026-12-24')).toBe(month)
  })

  it.each([
    ['en-GB', 'Sunday 17 January 2027, 09:30'],
    ['en-US', 'Sunday, January 17, 2027, 9:30 AM'],
    ['de', 'Sonntag, 17. Januar 2027, 09:30'],
    ['hu', '2027. január 17., vasárnap, 09:30'],
    ['ja', '2027年1月17日日曜日, 09:30'],
  ])('have the year if it is another, in %s with the same commas as without it', (language, start) =>
    expect(createReader(language, 'Etc/UTC', now).formatStart('2027-01-17T09:30')).toBe(start),
  )

  it('have the zone if it is the server’s', () => {
    const reader = createReader('en-GB', null, now)
    expect(reader.formatInstant(now)).toMatch(/^24 Nov 2026, \d\d:\d\d \S+$/)
  })

  it.each([
    [0, 'just now'],
    [59_000, 'just now'],
    [2 * minute, '2 minutes ago'],
    [hour, '1 hour ago'],
    [12 * hour, '12 hours ago'],
    [13 * hour, 'yesterday'],
    [36 * hour, 'yesterday'],
    [3 * 24 * hour, '3 days ago'],
    [9 * 24 * hour, '15 Nov 2026'],
  ])('%i ms ago are called “%s”', (ms, text) =>
    expect(createReader('en-GB', 'Etc/UTC', now).formatAgo(now - ms)).toBe(text),
  )

  it('shortly after midnight count hours', () => {
    const midnight = Date.parse('2026-11-24T00:30:00Z')
    expect(createReader('en-GB', 'Etc/UTC', midnight).formatAgo(midnight - 2 * hour)).toBe('2 hours ago')
  })
})

describe('the dashboard', () => {
  /** Ada’s dashboard at 09:00 UTC, with an event of this evening, one that began an hour ago, and one of last night. */
  async function dashboard(zone: string | null, languages?: string) {
    const { app, events, person } = await startApp()
    for (const [title, startsAt] of [
      ['Evening', '2026-11-24T20:00'],
      ['Morning', '2026-11-24T08:00'],
      ['Night', '2026-11-23T22:30'],
    ] as const)
      await events.add(person.id, { title, startsAt, place: 'Here', description: '' })
    const browser = openBrowser(app)
    await browser.signIn()
    if (zone !== null) browser.cookies.set('zone', zone)
    const headers: Record<string, string> = languages === undefined ? {} : { 'Accept-Language': languages }
    const page = await (await browser.request('/organizer/', { headers })).text()
    const titles = (text = '') => [...text.matchAll(/<h3><a [^>]*>([^<]+)<\/a>/g)].map(([, title]) => title)
    return {
      browser,
      page,
      coming: titles(page.split('id="coming"')[1]?.split('id="past"')[0]),
      past: titles(page.split('id="past"')[1]),
      tags: [...page.matchAll(/class="tag">([^<]+)/g)].map(([, tag]) => tag),
    }
  }

  it.each([
    ['Etc/UTC', ['Evening'], ['Morning', 'Night'], ['Today', 'Earlier today']],
    ['America/Los_Angeles', ['Morning', 'Evening'], ['Night'], ['Today', 'Today']],
    ['Asia/Tokyo', ['Evening'], ['Morning', 'Night'], ['Today', 'Earlier today']],
    ['Pacific/Honolulu', ['Morning', 'Evening'], ['Night'], undefined],
    ['Pacific/Kiritimati', [], ['Evening', 'Morning', 'Night'], ['Earlier today', 'Earlier today']],
  ])('lists what is coming up by the clock of %s', async (zone, coming, past, tags) => {
    const shown = await dashboard(zone)
    expect([shown.coming, shown.past]).toEqual([coming, past])
    if (tags) expect(shown.tags).toEqual(tags)
  })

  it('says “past events” by that clock too', async () => {
    const { browser } = await dashboard('Asia/Tokyo')
    await browser.createEvent({ date: '2026-11-24', time: '17:30' })
    expect(await browser.text('/organizer/')).toContain('is on your list of past events.')
    browser.cookies.set('zone', 'Europe%2FLondon')
    await browser.createEvent({ date: '2026-11-24', time: '17:30' })
    expect(await browser.text('/organizer/')).toContain('is on your list.')
  })

  it('writes dates in the language of the browser, and marks them for screen readers', async () => {
    expect((await dashboard(null, 'en-US,en;q=0.9')).page).toContain('>Tuesday, November 24, 8:00 PM</time>')
    expect((await dashboard(null, 'de-DE,de;q=0.9,en;q=0.8')).page).toContain(
      '<time datetime="2026-11-24T20:00" lang="de-DE" dir="auto">Dienstag, 24. November, 20:00</time>',
    )
  })

  it.each(['Nowhere/Land', '../etc', '"><script>', 'x'.repeat(5000), '%E0%A4%A', ''])(
    'uses the server’s time zone for the cookie %j',
    async (zone) => expect((await dashboard(zone)).coming).toEqual(['Evening']),
  )

  it.each(['*', 'x', 'en-u-ca-buddhist', '"><script>', ',,;;', 'x'.repeat(5000)])(
    'writes dates in British English for the languages %j',
    async (languages) =>
      expect((await dashboard(null, languages)).page).toContain('>Tuesday 24 November, 20:00</time>'),
  )
})
