import { explain } from 'sojourn'
import { describe, expect, it } from 'vitest'
import { day, sessionOptionsFor, openBrowser, secret, startApp, stoppedClock } from '../support/app.ts'

const other = 'another secret of these tests, as long as the first'

describe('the sign-in page gives the reason to sign in again', () => {
  it.each([7 * day, 8 * day])('idle after %i seconds without use', async (seconds) => {
    const { app, clock } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()

    clock.advance(7 * day - 1)
    expect((await browser.request('/organizer/', { method: 'HEAD' })).status).toBe(200)
    const unused = new Map(browser.cookies)
    clock.advance(seconds)
    await expectReason(app, unused, 'You were signed out because you hadn&#39;t used Organizer for a while.')
  })

  it('expired after thirty days of use', async () => {
    const { app, clock } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    for (let i = 0; i < 29; i++) {
      clock.advance(day)
      expect((await browser.request('/organizer/')).status).toBe(200)
    }
    clock.advance(day)
    await expectReason(app, browser.cookies, explain('expired').sentence)
  })

  it('in plain words if the key was removed, and none while it is a fallback', async () => {
    const clock = stoppedClock()
    const kept = await sessionOptionsFor('sqlite')
    const { app } = await startApp({ clock, sessions: kept })
    const browser = openBrowser(app)
    await browser.signIn()

    const rotated = await startApp({ clock, sessions: { ...kept, secrets: [other, secret] } })
    expect((await openBrowser(rotated.app, new Map(browser.cookies)).request('/organizer/')).status).toBe(200)
    const replaced = await startApp({ clock, sessions: { ...kept, secrets: [other] } })
    await expectReason(replaced.app, browser.cookies, 'We couldn&#39;t read your sign-in.')
  })

  it('ended if the cookie of a session that was signed out is sent again', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    const copy = new Map(browser.cookies)
    await browser.signOut()
    await expectReason(app, copy, explain('ended').sentence)
  })

  it('and none at the first visit', async () => {
    const { app } = await startApp()
    expect(await openBrowser(app).text('/organizer/login')).not.toContain('class="notice')
  })
})

async function expectReason(app: Parameters<typeof openBrowser>[0], cookies: Map<string, string>, sentence: string) {
  const browser = openBrowser(app, new Map(cookies))
  const refused = await browser.request('/organizer/')
  expect(refused.status).toBe(302)
  expect(refused.headers.getSetCookie()).toEqual([])
  expect(await browser.text(refused.headers.get('location')!)).toContain(sentence)
  expect((await browser.signIn()).status).toBe(303)
  expect((await browser.request('/organizer/')).status).toBe(200)
}
