import { describe, expect, it } from 'vitest'
import { parseNextPath } from '../src/paths.ts'
import { openBrowser, startApp } from './support/app.ts'

const foreign = [
  '',
  'organizer/',
  'https://evil.example/organizer/',
  '//evil.example/organizer/',
  '///evil.example/organizer/',
  '/\\evil.example/organizer/',
  '\\\\evil.example/organizer/',
  '/\t/evil.example/organizer/',
  '\t//evil.example/organizer/',
  ' //evil.example/organizer/',
  '/\n/evil.example/organizer/',
  '/organizer/\r\nSet-Cookie: a=b',
  '/organizer/\\..\\..\\evil',
  '/organizer/../evil',
  '/organizer/..//evil.example',
  '/organizer/%2e%2e/%2e%2e//evil.example',
  '/organizerevil/',
  '/healthz',
  'javascript:alert(1)',
  'data:text/html,x',
  '@evil.example/organizer/',
  '/organizer/login',
  '/organizer/login?next=/organizer/',
  '/organizer/logout',
  '/organizer/session',
  '/organizer/' + 'x'.repeat(2000),
]

describe('the redirect after sign-in', () => {
  it.each(foreign)('never leads to %j', async (next) => {
    expect(parseNextPath(next)).toBeNull()
    const { app } = await startApp()
    const path = `/organizer/login?next=${encodeURIComponent(next)}`
    const response = await openBrowser(app).submit(path, { email: 'ada@example.com', password: 'a difference engine' })
    expect(response.headers.get('location')).toBe('/organizer/')
  })

  it.each([
    '/organizer/',
    '/organizer/events/new',
    '/organizer/account',
    '/organizer/events/7/edit',
    '/organizer/?q=winter+fair&past=all',
    '/organizer/?q=https://evil.example',
  ])('may lead to %s', (next) => expect(parseNextPath(next)).toBe(next))

  it('leads to the requested page, after a wrong password too', async () => {
    const { app } = await startApp()
    const browser = openBrowser(app)
    const { headers } = await browser.request('/organizer/events/new')
    const login = headers.get('location')!
    expect(login).toBe('/organizer/login?next=%2Forganizer%2Fevents%2Fnew')

    const wrong = await browser.submit(login, { email: 'ada@example.com', password: 'wrong' })
    expect(await wrong.text()).toContain(`action="${login}"`)
    const right = await browser.submit(login, { email: 'ada@example.com', password: 'a difference engine' })
    expect(right.headers.get('location')).toBe('/organizer/events/new')
  })
})
