import { describe, expect, it, vi } from 'vitest'
import { openBrowser, startApp } from './support/app.ts'

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

describe('every page', () => {
  it('allows only scripts and styles of the application, and none inline', async () => {
    const { app } = await startApp()
    const guest = openBrowser(app)
    const ada = openBrowser(app)
    await ada.signIn()
    await ada.createEvent({ description: 'x' })
    const pages = [
      await guest.request('/organizer/login'),
      await guest.request('/organizer/login?demo'),
      await guest.submit('/organizer/login', { email: 'a', password: 'b' }),
      await guest.send('/organizer/login', {}),
      await guest.send('/organizer/login', {}, {}),
      await guest.request('/nothing'),
      await ada.request('/organizer/'),
      await ada.request('/organizer/events/new'),
      await ada.createEvent({ title: '' }),
      await ada.request('/organizer/events/1/edit'),
      await ada.request('/organizer/devices'),
      await ada.request('/organizer/account'),
      await ada.submit('/organizer/account', { change: 'name', name: '' }),
      await ada.request('/organizer/login?again'),
    ]
    for (const response of pages) {
      expect(response.headers.get('Content-Security-Policy')).toBe(policy)
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(response.headers.get('Referrer-Policy')).toBe('same-origin')
      expect(response.headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin')
      const page = await response.text()
      expect(page.startsWith('<!doctype html><html lang="en">')).toBe(true)
      expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|hx-on/i)
      for (const [, attributes, content] of page.matchAll(/<script([^>]*)>(.*?)<\/script>/g)) {
        expect(attributes).toMatch(/src="\/assets\//)
        expect(content).toBe('')
      }
    }
  })

  it('is not cached if it shows a user’s data', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    await browser.signIn()
    for (const path of ['/organizer/', '/organizer/events/new', '/organizer/account', '/organizer/login']) {
      const { headers } = await browser.request(path)
      expect([headers.get('Cache-Control'), headers.get('Vary')]).toEqual([
        'no-store',
        expect.stringMatching(/^Cookie/),
      ])
    }
  })

  it('sets Strict-Transport-Security, only in production and over https', async () => {
    const hsts = async (production: boolean, protocol: string) => {
      const { app } = await startApp({ production, trustProxy: 1 })
      const response = await app.request('/healthz', { headers: { 'X-Forwarded-Proto': protocol } })
      return response.headers.get('Strict-Transport-Security')
    }
    expect(await hsts(true, 'https')).toBe('max-age=31536000')
    expect(await hsts(true, 'http')).toBeNull()
    expect(await hsts(false, 'https')).toBeNull()
  })
})

describe('other paths', () => {
  it('/healthz responds ok, and opens no session', async () => {
    const { app, open } = await countingOpens()
    const response = await app.request('/healthz', { headers: { Cookie: 'session=x' } })
    expect([response.status, await response.text(), response.headers.get('Vary')]).toEqual([200, 'ok', null])
    expect(open).not.toHaveBeenCalled()
    await app.request('/organizer/')
    expect(open).toHaveBeenCalledTimes(1)
  })

  it('/ redirects to the dashboard', async () => {
    const { app } = await startApp()
    for (const path of ['/', '/organizer', '/organizer/events']) {
      const response = await app.request(path)
      expect([response.status, response.headers.get('location')]).toEqual([302, '/organizer/'])
    }
  })

  it('the files that pages load are cached forever, and open no session', async () => {
    const { app } = await startApp()
    const page = await openBrowser(app).text('/organizer/login')
    const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]!)
    expect(files.map((file) => file.replace(/[\w-]{10}/, '#'))).toEqual([
      '/assets/#/icon.svg',
      '/assets/#/organizer.css',
      '/assets/#/organizer.js',
    ])
    for (const file of files) {
      const response = await app.request(file, { headers: { 'Accept-Encoding': 'gzip' } })
      expect(response.status).toBe(200)
      expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('Content-Encoding')).toBe('gzip')
      expect(response.headers.get('Vary')).toBe('Accept-Encoding')
    }
    expect((await app.request('/assets/../package.json')).status).toBe(404)
    expect((await app.request('/assets/0000000000/organizer.css')).status).toBe(404)
  })

  it('an unknown page gets a 404 response', async () => {
    const { app } = await startApp()
    for (const path of ['/nothing', '/organizer/nothing', '/organizer/logout', '/%', '/organizer/%ff']) {
      const response = await app.request(path)
      expect([path, response.status]).toEqual([path, 404])
      expect(await response.text()).toContain('Page not found')
    }
  })

  it('an error is logged, and its page shows no internal details', async () => {
    const fault = () => {
      throw new Error('SQLITE_CORRUPT: a secret detail')
    }
    const { events } = await startApp()
    const { app, lines } = await startApp({ dependencies: { events: { ...events, listByOwner: fault } } })
    const browser = openBrowser(app)
    await browser.signIn()
    const response = await browser.request('/organizer/')
    const page = await response.text()
    expect(response.status).toBe(500)
    expect(page).toContain('Something went wrong here')
    expect(page).not.toMatch(/SQLITE|detail|Error|\.ts/)
    expect(lines.join('\n')).toContain('SQLITE_CORRUPT')
  })

  it('the log contains no password, no cookie and no query', async () => {
    const { app, lines } = await startApp()
    const browser = openBrowser(app)
    await browser.submit('/organizer/login?next=/organizer/events/new', {
      email: 'ada@example.com',
      password: 'a difference engine',
    })
    await browser.request('/organizer/?q=private')
    const log = lines.join('\n')
    expect(log).toMatch(/^POST \/organizer\/login 303 \d+ ms$/m)
    expect(log).not.toMatch(/engine|private|next=/)
    for (const value of browser.cookies.values()) expect(log).not.toContain(value)
  })
})

async function countingOpens() {
  const { sessions } = await startApp()
  const open = vi.fn(sessions.open)
  const { app } = await startApp({ dependencies: { sessions: { ...sessions, open } } })
  return { app, open }
}
