import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csrfOf, openBrowser, origin, startApp, supper } from './support/app.ts'

const nasty = [
  '',
  '\0',
  'a\0b',
  '__proto__',
  'constructor',
  '\ud800',
  '\u202e',
  '%00',
  '\r\nSet-Cookie: a=b',
  '<script>alert(1)</script>',
  "'; DROP TABLE people; --",
  'x'.repeat(60_000),
]
const account = '/organizer/account'
const names = [
  '__proto__',
  'constructor',
  'toString',
  'csrf',
  'email',
  'password',
  'remember',
  'title',
  'date',
  'time',
  'place',
  'description',
  'next',
  'again',
  'idle',
  'change',
  'name',
  'q',
  'past',
]

describe('hostile input', () => {
  it('in form fields never causes an error response', async () => {
    const { app, events, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    await browser.createEvent()
    const [event] = await events.listByOwner(person.id)
    const csrf = csrfOf(await browser.text('/organizer/'))
    for (const value of nasty) {
      for (const path of [
        '/organizer/login',
        '/organizer/events',
        `/organizer/events/${event!.id}`,
        account,
        '/organizer/devices/revoke',
        '/organizer/devices/revoke-others',
        '/organizer/nothing',
      ]) {
        for (const fields of [
          Object.fromEntries(names.map((name) => [name, value])),
          { ...supper, csrf, title: value, description: value },
          { csrf, change: 'name', name: value },
          { csrf, id: value },
          { csrf, change: 'password', 'current-password': value, 'new-password': value },
        ]) {
          const response = await browser.send(path, fields)
          expect(response.status).toBeLessThan(500)
        }
      }
    }
    expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('as a body never causes an error response', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const types = [
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'multipart/form-data; boundary=x',
      'application/json',
      'text/plain',
      '/',
      '',
    ]
    const paths = ['/organizer/login', '/organizer/events', '/organizer/logout', '/organizer/devices/revoke', account]
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...types),
        fc.constantFrom(...paths),
        async (bytes, type, path) => {
          const body = new Uint8Array(bytes)
          const response = await browser.request(path, {
            method: 'POST',
            body,
            headers: { 'Content-Type': type, Origin: origin },
          })
          expect([400, 403, 422, 303]).toContain(response.status)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('as a body of one megabyte is refused', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: origin }
    const body = new Uint8Array(1 << 20)
    const known = await browser.request('/organizer/login', {
      method: 'POST',
      body,
      headers: { ...headers, 'Content-Length': String(1 << 20) },
    })
    const streamed = await browser.request('/organizer/login', {
      method: 'POST',
      body: new Blob([body]).stream(),
      headers,
      duplex: 'half',
    } as RequestInit)
    for (const response of [known, streamed]) {
      expect(response.status).toBe(413)
      expect(response.headers.getSetCookie()).toEqual([])
    }
  })

  it('as files, or as two fields of one name, is read like other forms', async () => {
    const { app, events, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const form = new FormData()
    form.append('csrf', csrfOf(await browser.text('/organizer/')))
    for (const [name, value] of Object.entries(supper)) form.append(name, value)
    form.append('title', 'Another title')
    form.set('description', new File(['\0\x01'], 'x.bin'))
    const response = await browser.request('/organizer/events', {
      method: 'POST',
      body: form,
      headers: { Origin: origin },
    })
    expect(response.status).toBe(303)
    expect(await events.listByOwner(person.id)).toMatchObject([{ title: 'Supper', description: '' }])
  })

  it('as a cookie never causes an error response, and changes no cookie', async () => {
    const { app } = await startApp()
    const value = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'x'.repeat(1 << 20)), fc.base64String())
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('session', 'guest', '__proto__', ''), value, async (name, text) => {
        const printable = text.replace(/[^\x21-\x7e]/g, '')
        const response = await app.request('/organizer/', { headers: { Cookie: `${name}=${printable}` } })
        expect(response.status).toBe(302)
        expect(response.headers.getSetCookie()).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('as a query never causes an error response', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    for (const value of [...nasty.slice(0, -1), '%', '%ff', '&&==']) {
      for (const name of names) {
        for (const query of [
          `${name}=${encodeURIComponent(value.replace(/[\ud800-\udfff]/g, ''))}`,
          `${name}=${value}`.replace(/[^\x21-\x7e]/g, ''),
        ]) {
          expect((await browser.request(`/organizer/?${query}`)).status).toBe(200)
          expect((await browser.request(`/organizer/login?${query}`)).status).toBe(name === 'again' ? 200 : 302)
        }
      }
    }
  })
})
