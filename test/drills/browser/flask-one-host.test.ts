import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { organizerProcess, type OrganizerProcess } from '../../../organizer/test/browser/server.ts'
import { describeBrowser, launchProfile } from '../../support/chromium.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { secret } from '../../support/sessions.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import { oneHost, type OneHost } from '../../support/http-proxy.ts'

describeFlask('Flask and the organizer', () => {
  describeBrowser('in Chromium', () => {
    let flask: FlaskProcess
    let organizer: OrganizerProcess
    let host: OneHost
    let profile: string
    let context: BrowserContext
    let page: Page

    beforeAll(async () => {
      flask = await flaskProcess('app.py')
      organizer = await organizerProcess()
      await flask.start({ SECRET_KEY: secret('shared') })
      await organizer.start({ SECRET_KEY: secret('shared'), SESSION_TYPE: 'flask' })
      host = await oneHost(flask.url, organizer.url)
      profile = await mkdtemp(join(tmpdir(), 'profile-'))
      context = await launchProfile(profile)
      page = await context.newPage()
    })

    afterAll(async () => {
      await context.close()
      await host.stop()
      await flask.stop()
      await organizer.remove()
      await rm(profile, { recursive: true, force: true })
    })

    it('are one sign-in, one sign-out and one list of messages', async () => {
      await page.goto(`${host.url}/flask/`)
      expect(await heading()).toBe('Nobody')
      await press('Sign in')
      expect(await heading()).toBe('Person 1')
      await page.goto(`${host.url}/organizer/`)
      expect(await heading()).toBe('Hello, John')

      await page.goto(`${host.url}/flask/`)
      await page.getByLabel('Message').fill('Left in Flask')
      await press('Leave')
      await page.getByText('Left.').waitFor()
      await page.goto(`${host.url}/organizer/`)
      expect((await page.getByRole('status').allInnerTexts()).filter(Boolean)).toEqual(['Left in Flask'])

      await press('Sign out')
      await page.waitForURL('**/organizer/login')
      await page.goto(`${host.url}/flask/`)
      expect(await heading()).toBe('Nobody')

      await page.goto(`${host.url}/organizer/login?demo`)
      await press('Sign in')
      await page.waitForURL('**/organizer/')
      await page.goto(`${host.url}/flask/`)
      expect(await heading()).toBe('Person 1')
      expect((await context.cookies(host.url)).map(({ name }) => name)).toEqual(['session'])

      await press('Sign out')
      expect(await heading()).toBe('Nobody')
      await page.goto(`${host.url}/organizer/`)
      await page.waitForURL('**/organizer/login**')
    })

    const heading = () => page.getByRole('heading', { level: 1 }).innerText()
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  })
})
