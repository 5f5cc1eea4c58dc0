import { describe, expect, it } from 'vitest'
import { day, openBrowser, startApp } from './support/app.ts'

const path = '/organizer/session'
const start = () => startApp()

describe('the end of a session', () => {
  it('is on every page of a signed-in user, and on none of a guest', async () => {
    const { app, clock } = await start()
    const browser = openBrowser(app)
    expect(await browser.text('/organizer/login')).not.toMatch(/data-ends-in|idle\.js/)
    await browser.signIn()
    clock.advance(1800)
    for (const page of ['/organizer/', '/organizer/events/new', '/organizer/account']) {
      const text = await browser.text(page)
      // A session does not record use within half an hour.
      expect(text).toContain(`data-ends-in="${(7 * day - 1800) * 1000}" data-can-stay="true"`)
      expect(text).toMatch(/<script [^>]*src="\/assets\/[\w-]+\/idle\.js"/)
    }
  })

  it('is later after a request for it, because that is use', async () => {
    const { app, clock } = await start()
    const browser = openBrowser(app)
    await browser.signIn()
    clock.advance(7 * day - 100)
    const response = await browser.request(path)
    expect([response.status, await response.json()]).toEqual([200, { endsIn: 7 * day * 1000, canStay: true }])
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    clock.advance(7 * day - 1)
    expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('is not later if it is the absolute timeout', async () => {
    const { app, clock } = await start()
    const browser = openBrowser(app)
    await browser.signIn()
    for (let passed = 0; passed < 29; passed++) {
      clock.advance(day)
      await browser.request(path)
    }
    expect(await (await browser.request(path)).json()).toEqual({ endsIn: day * 1000, canStay: false })
    expect(await browser.text('/organizer/')).toContain(`data-ends-in="${day * 1000}" data-can-stay="false"`)
    const again = await browser.submit('/organizer/login?again&next=/organizer/', {
      email: 'ada@example.com',
      password: 'a difference engine',
    })
    expect(again.headers.get('location')).toBe('/organizer/')
    expect(await (await browser.request(path)).json()).toEqual({ endsIn: 7 * day * 1000, canStay: true })
  })

  it('is reported to a guest as over, without a redirect', async () => {
    const { app, clock } = await start()
    const browser = openBrowser(app)
    expect((await browser.request(path)).status).toBe(401)
    await browser.signIn()
    clock.advance(7 * day)
    const response = await browser.request(path)
    expect([response.status, await response.json()]).toEqual([401, { endsIn: 0, canStay: false }])
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('is in the page that a script fetches for a search', async () => {
    const { app } = await start()
    const browser = openBrowser(app)
    await browser.signIn()
    const response = await browser.request('/organizer/?q=fair', { headers: { 'X-List-Only': '1' } })
    expect(await response.text()).toContain(`data-ends-in="${7 * day * 1000}" data-can-stay="true"`)
  })
})
