import { mkdtemp, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { paths } from '../../src/paths.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'

describeBrowser('a page of another site', () => {
  let organizer: OrganizerProcess
  let foreign: Server
  let profile: string

  beforeAll(async () => {
    organizer = await organizerProcess()
    await organizer.start()
    profile = await mkdtemp(join(tmpdir(), 'profile-'))
    // The organizer is at localhost and this server at 127.0.0.1. For a browser, these are two sites.
    foreign = createServer((request, response) => {
      const target = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('to') ?? ''
      response.setHeader('Content-Type', 'text/html')
      response.end(`<form method="post" action="${target}">
        <input name="email" value="eve@example.com"><input name="password" value="password123"><input name="remember" value="on">
        <input name="title" value="Planted"><input name="date" value="2030-01-01"><input name="time" value="10:00"><input name="place" value="Elsewhere">
        </form><script>document.forms[0].submit()</script>`)
    }).listen(0, '127.0.0.1')
    await once(foreign, 'listening')
  })

  afterAll(async () => {
    foreign.close()
    await organizer.remove()
    await rm(profile, { recursive: true, force: true })
  })

  it('cannot sign a user out or change anything by posting a form to any route', async () => {
    const context = await launchProfile(profile)
    const page = await context.newPage()
    await page.goto(`${organizer.url}/organizer/login`)
    await page.getByLabel('Email').fill('john.smith@example.com')
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${organizer.url}/organizer/`)
    const cookies = await context.cookies(organizer.url)
    const dashboard = await page.locator('main').innerText()
    const { port } = foreign.address() as AddressInfo

    const statuses: [path: string, status: number][] = []
    for (const path of [...Object.values(paths), '/organizer/nowhere']) {
      const posted = page.waitForResponse((response) => response.request().method() === 'POST')
      await page.goto(`http://127.0.0.1:${port}/?to=${encodeURIComponent(organizer.url + path)}`, {
        waitUntil: 'commit',
      })
      const response = await posted
      await page.waitForLoadState()
      statuses.push([path, response.status()])
      expect(response.request().headers()['origin']).toBe(`http://127.0.0.1:${port}`)
      expect(await response.headerValue('set-cookie')).toBeNull()
    }

    expect(statuses.filter(([, status]) => status < 400)).toEqual([])
    expect(await context.cookies(organizer.url)).toEqual(cookies)
    await page.goto(`${organizer.url}/organizer/`)
    expect(await page.locator('main').innerText()).toBe(dashboard)
    await context.close()
  })
})
