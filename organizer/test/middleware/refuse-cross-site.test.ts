import { describe, expect, it } from 'vitest'
import { csrfOf, openBrowser, origin, startApp, supper } from '../support/app.ts'

type Case = [site: string | undefined, origin: string | undefined, allowed: boolean]

const cases: Case[] = [
  ['same-origin', origin, true],
  ['same-origin', undefined, true],
  ['none', undefined, true],
  ['same-site', 'http://sub.localhost', false],
  ['same-site', origin, false],
  ['cross-site', 'https://evil.example', false],
  ['cross-site', origin, false],
  ['cross-site', undefined, false],
  [undefined, origin, true],
  [undefined, 'https://localhost', false],
  [undefined, 'http://localhost:8080', false],
  [undefined, 'https://evil.example', false],
  [undefined, 'null', false],
  [undefined, undefined, false],
  ['sideways', origin, true],
  ['sideways', 'https://evil.example', false],
]

const types = [
  'application/x-www-form-urlencoded',
  'APPLICATION/X-WWW-FORM-URLENCODED; Charset=UTF-8',
  'multipart/form-data; boundary=x',
  'Text/Plain',
  'application/json',
  'application/json; x=text/plain',
  '',
]

describe('a form', () => {
  it.each(cases)('with Sec-Fetch-Site %s and Origin %s is accepted: %s', async (site, from, allowed) => {
    const { app, events, person } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const csrf = csrfOf(await browser.text('/organizer/'))
    const headers = { ...(site && { 'Sec-Fetch-Site': site }), ...(from && { Origin: from }) }

    const response = await browser.send('/organizer/events', { ...supper, csrf }, headers)
    expect(response.status).toBe(allowed ? 303 : 403)
    expect(await events.listByOwner(person.id)).toHaveLength(allowed ? 1 : 0)
    if (!allowed) expect(response.headers.getSetCookie()).toEqual([])
  })

  it('that is refused is logged with the reason, and with a hint if there is a proxy', async () => {
    const { app, lines } = await startApp()
    const browser = openBrowser(app)
    await browser.send('/organizer/login', {}, { Origin: 'https://organizer.example', 'X-Forwarded-Proto': 'https' })

    expect(lines.find((line) => line.startsWith('form refused'))).toMatch(
      /origin=https:\/\/organizer\.example {2}here=http:\/\/localhost.*TRUST_PROXY=1/,
    )
  })

  const posts = [
    '/organizer/login',
    '/organizer/logout',
    '/organizer/account',
    '/organizer/events',
    '/organizer/events/1',
    '/organizer/events/1/delete',
    '/organizer/',
    '/',
  ]
  const methods = ['POST', 'PUT', 'PATCH', 'DELETE']

  it.each(posts)(
    'CVE-2023-29008: comes from another site to %s is refused, whatever its method and content type',
    async (path) => {
      const { app } = await startApp()
      const browser = openBrowser(app)
      await browser.signIn()
      const csrf = csrfOf(await browser.text('/organizer/'))

      for (const method of methods) {
        for (const type of types) {
          const headers = { 'Content-Type': type, 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
          const body = new TextEncoder().encode(new URLSearchParams({ csrf, title: 'x' }).toString())
          const response = await browser.request(path, { method, headers, body })
          expect([method, type, response.status]).toEqual([method, type, 403])
          expect(response.headers.getSetCookie()).toEqual([])
        }
      }
      expect((await browser.request('/organizer/')).status).toBe(200)
    },
  )

  it('from another site without cookies, as browsers send it, sets no cookie', async () => {
    const { app } = await startApp()
    const response = await openBrowser(app).send('/organizer/events', supper, { 'Sec-Fetch-Site': 'cross-site' })
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('over https is accepted if a trusted proxy reports https', async () => {
    for (const [trustProxy, status] of [
      [1, 303],
      [0, 403],
    ] as const) {
      const { app } = await startApp({ trustProxy })
      const browser = openBrowser(app)
      const headers = { 'X-Forwarded-Proto': 'https', Origin: 'https://localhost' }
      const response = await browser.submit(
        '/organizer/login',
        { email: 'ada@example.com', password: 'a difference engine' },
        undefined,
        headers,
      )
      expect(response.status).toBe(status)
    }
  })
})
