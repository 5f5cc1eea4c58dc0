import { describe, expect, it } from 'vitest'
import { ada, csrfOf, openBrowser, quickPasswords, startApp, supper } from '../support/app.ts'

const list = '/organizer/'

/** Signs Ada in, with one event. Eve has one too. */
async function start() {
  const started = await startApp()
  const { app, events, people, person } = started
  const eve = (await people.add({
    email: 'eve@example.com',
    name: 'Eve',
    passwordHash: await quickPasswords.hash('an apple'),
  }))!
  await events.add(eve.id, { title: 'Secret', startsAt: '2026-12-01T10:00', place: 'There', description: 'Hush.' })
  await events.add(person.id, {
    title: 'Winter <fair>',
    startsAt: '2026-11-30T11:00',
    place: 'Square',
    description: 'Stalls.',
  })
  const browser = openBrowser(app)
  await browser.signIn()
  const [event] = await events.listByOwner(person.id)
  const [secret] = await events.listByOwner(eve.id)
  const page = `/organizer/events/${event!.id}`
  return { ...started, browser, eve, event: event!, page, secret: secret! }
}

describe('editing an event', () => {
  it('starts from a named link in the list, with the stored fields', async () => {
    const { browser, page } = await start()
    expect(await browser.text(list)).toMatch(
      new RegExp(`<a [^>]*href="${page}/edit">Edit<span class="unseen"> Winter &lt;fair&gt;</span></a>`),
    )
    const form = await browser.text(`${page}/edit`)
    for (const value of ['Winter &lt;fair&gt;', '2026-11-30', '11:00', 'Square']) {
      expect(form).toContain(`value="${value}"`)
    }
    expect(form).toContain('>Stalls.</textarea>')
    expect(form).toContain(`action="${page}"`)
  })

  it('saves it, and leads to the list with one message', async () => {
    const { browser, page, events, person, event } = await start()
    const saved = await browser.submit(`${page}/edit`, { ...supper, description: 'Soup.' }, page)
    expect([saved.status, saved.headers.get('location')]).toEqual([303, list])
    expect(await events.listByOwner(person.id)).toEqual([
      { id: event.id, title: 'Supper', startsAt: '2026-12-24T18:30', place: 'Kitchen', description: 'Soup.' },
    ])
    expect(await browser.text(list)).toContain('“Supper” is saved.')
    expect(await browser.text(list)).not.toContain('is saved.')
  })

  it('explains what is wrong, keeps the input, and saves nothing', async () => {
    const { browser, page, events, person, event } = await start()
    const response = await browser.submit(`${page}/edit`, { ...supper, title: 'Typed', date: '' }, page)
    const form = await response.text()
    expect(response.status).toBe(422)
    expect(form).toContain('<a href="#date">Choose a date.')
    expect(form).toContain('value="Typed"')
    expect(form).toContain(`action="${page}"`)
    expect(await events.listByOwner(person.id)).toEqual([event])
    expect((await browser.request(page)).headers.get('location')).toBe(`${page}/edit`) // so a reload shows the form
  })

  it('with an out-of-date form keeps the input, and saves it the second time', async () => {
    const { browser, page, events, person, event } = await start()
    const response = await browser.send(page, { ...supper, csrf: 'old', for: String(person.id) })
    const form = await response.text()
    expect(response.status).toBe(403)
    expect(form).toContain('Your event is safe, but this form was out of date. Save it once more.')
    expect(form).toContain('value="Supper"')
    expect(await events.listByOwner(person.id)).toEqual([event])
    expect((await browser.send(page, { ...supper, csrf: csrfOf(form) })).status).toBe(303)
    expect(await events.listByOwner(person.id)).toMatchObject([{ title: 'Supper' }])
  })
})

describe('an event that a user edited after their session had ended', () => {
  async function typedTooLate() {
    const started = await start()
    started.clock.advance(7 * 86_400)
    const { browser, page, person } = started
    const refused = await browser.send(page, { ...supper, title: 'Not lost', for: String(person.id), csrf: 'old' })
    return { ...started, refused }
  }

  it('is kept in its own form until it is saved', async () => {
    const { browser, page, refused, events, person } = await typedTooLate()
    await events.add(person.id, { title: 'Other', startsAt: '2026-12-02T10:00', place: 'Here', description: '' })
    const other = (await events.listByOwner(person.id)).find(({ title }) => title === 'Other')!
    expect(refused.status).toBe(403)
    const signedIn = await browser.submitShown(await refused.text(), ada)
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, `${page}/edit`])

    const form = await browser.text(`${page}/edit`)
    expect(form).toContain('value="Not lost"')
    expect(form).toContain('Your event is safe, but not saved yet.')
    for (const path of ['/organizer/events/new', `/organizer/events/${other.id}/edit`]) {
      expect(await browser.text(path)).not.toContain('Not lost')
    }
    await browser.createEvent()
    expect(await browser.text(`${page}/edit`)).toContain('value="Not lost"')
    await browser.submit(`${page}/edit`, { ...supper, title: 'Not lost' }, page)
    expect(await browser.text(`${page}/edit`)).not.toContain('still here')
    expect((await events.listByOwner(person.id)).map(({ title }) => title)).toContain('Not lost')
  })

  it('is shown in its own form if they sign in in another tab, unless the event is gone', async () => {
    const { browser, page, refused, events, event, person } = await typedTooLate()
    await browser.signIn()
    const login = await refused.text()
    const form = await (await browser.submitShown(login, {})).text()
    expect(form).toContain('value="Not lost"')
    expect(form).toMatch(new RegExp(`<main.*action="${page}"`, 's'))
    await events.remove(person.id, event.id)
    expect((await browser.submitShown(login, {})).status).toBe(404)
  })

  it('is never shown to another user who signs in there', async () => {
    const { browser, page, secret, refused } = await typedTooLate()
    await browser.submitShown(await refused.text(), { email: 'eve@example.com', password: 'an apple' })
    expect((await browser.request(`${page}/edit`)).status).toBe(404)
    expect(await browser.text(`/organizer/events/${secret.id}/edit`)).not.toContain('Not lost')
    expect(await browser.text('/organizer/events/new')).not.toContain('Not lost')
  })
})

describe('deleting an event', () => {
  it('is done at once, with one message that can undo it', async () => {
    const { browser, page, events, person, event } = await start()
    expect(await browser.text(`${page}/edit`)).toContain(`formaction="${page}/delete"`)
    const deleted = await browser.submit(`${page}/edit`, {}, `${page}/delete`)
    expect([deleted.status, deleted.headers.get('location')]).toEqual([303, list])
    expect(await events.listByOwner(person.id)).toEqual([])
    expect((await browser.request(`${page}/edit`)).status).toBe(404)

    const shown = await browser.text(list)
    expect(shown).toContain('“Winter &lt;fair&gt;” was deleted.')
    expect(await browser.text(list)).not.toContain('was deleted.')
    const undone = await browser.submitShown(shown, {})
    expect([undone.status, undone.headers.get('location')]).toEqual([303, list])
    expect(await browser.text(list)).toContain('“Winter &lt;fair&gt;” is back on your list.')
    expect(await events.listByOwner(person.id)).toEqual([event])
  })

  it('can be undone for one day, by its owner alone, and only with the form token', async () => {
    const { browser, page, events, person, event, clock, secret } = await start()
    const csrf = csrfOf(await browser.text(list))
    await events.remove(person.id, event.id)
    await browser.send(`${page}/restore`, { csrf: 'old' })
    await browser.send(`/organizer/events/${secret.id}/restore`, { csrf })
    expect(await events.listByOwner(person.id)).toEqual([])
    clock.advance(86_401)
    await browser.send(`${page}/restore`, { csrf })
    expect(await browser.text(list)).toContain('The event could not be restored.')
    expect(await events.listByOwner(person.id)).toEqual([])
  })

  it('with an out-of-date form deletes nothing', async () => {
    const { browser, page, events, person, event } = await start()
    const response = await browser.send(`${page}/delete`, { csrf: 'old' })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('This form was out of date, so the event was not deleted.')
    expect(await events.listByOwner(person.id)).toEqual([event])
  })

  it('asks a user whose session has ended to sign in, and then shows the event', async () => {
    const { browser, page, clock, events, person, event } = await start()
    clock.advance(7 * 86_400)
    const response = await browser.send(`${page}/delete`, { csrf: 'old' })
    expect(response.headers.get('location')).toBe(`/organizer/login?next=${encodeURIComponent(`${page}/delete`)}`)
    await browser.signIn()
    expect((await browser.request(`${page}/delete`)).headers.get('location')).toBe(`${page}/edit`)
    expect(await events.listByOwner(person.id)).toEqual([event])
  })

  it('in another tab loses nothing that the user was typing', async () => {
    const { browser, page, events, person, event } = await start()
    const form = csrfOf(await browser.text(`${page}/edit`))
    await events.remove(person.id, event.id)
    const response = await browser.send(page, { ...supper, title: 'Not lost', csrf: form, for: String(person.id) })
    const shown = await response.text()
    expect(response.status).toBe(404)
    expect(shown).toContain('This event was deleted. Your text is safe. Create the event again to keep it.')
    expect((await browser.submitShown(shown, { ...supper, title: 'Not lost' })).status).toBe(303)
    expect(await events.listByOwner(person.id)).toMatchObject([{ title: 'Not lost' }])
  })
})

describe('an event of another user', () => {
  it('gets the same responses as an unknown event, and is not changed', async () => {
    const { browser, secret, eve, events } = await start()
    const csrf = csrfOf(await browser.text(list))
    const responses = async (id: string) => {
      const page = `/organizer/events/${id}`
      const fields = { ...supper, csrf }
      const all = [
        await browser.request(page),
        await browser.request(`${page}/edit`),
        await browser.request(`${page}/delete`),
        await browser.send(page, fields),
        await browser.send(page, { ...fields, csrf: 'old' }),
        await browser.send(`${page}/delete`, fields),
      ]
      return Promise.all(all.map(async (response) => [response.status, await response.text()]))
    }
    const missing = await responses('999999')
    expect(missing.map(([status]) => status)).toEqual(Array(6).fill(404))
    expect(await responses(String(secret.id))).toEqual(missing)
    for (const id of ['0', '-1', '1e3', '01', 'x', '9'.repeat(40), '1%00', '__proto__']) {
      expect((await responses(id)).map(([status]) => status)).toEqual(Array(6).fill(404))
    }
    expect(await events.listByOwner(eve.id)).toEqual([secret])
  })
})
