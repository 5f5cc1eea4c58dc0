import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { explain } from '../../../src/index.ts'
import { describeBrowser, launchProfile } from '../../support/chromium.ts'
import { repository } from '../../support/repository.ts'
import { freePort } from '../../support/servers/server.ts'

describeBrowser('the page of an example that keeps something open', () => {
  let folder: string
  let profile: BrowserContext
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'profile-'))
    profile = await launchProfile(folder)
  })
  afterAll(async () => {
    await profile.close()
    await rm(folder, { recursive: true, force: true })
  })

  const receives: Record<string, (page: Page, text: string) => Promise<unknown>> = {
    async events(page) {
      const now = new Date().toISOString()
      const shown = `document.querySelector('p').textContent`
      await page.waitForFunction(`/^20/.test(${shown}) && ${shown} > '${now}'`, null, { timeout: 20_000 })
    },
    async ws(page, text) {
      // A page that is still connecting loses messages, so it sends another one until one arrives.
      let times = 0
      const said = async () => {
        await page.locator('#said').fill(`${text} ${times++}`)
        await page.locator('#said').blur()
        return page.locator('p').innerText()
      }
      await expect.poll(said, { timeout: 20_000, interval: 500 }).toContain(`ada says: ${text} `)
    },
  }

  /** The page connects again. */
  const connects: Record<string, (page: Page) => Promise<unknown>> = {
    events: (page) => page.waitForRequest('**/time', { timeout: 15_000 }),
    ws: (page) => page.waitForEvent('websocket', { timeout: 15_000 }),
  }

  describe.each(Object.keys(receives))('%s', (name) => {
    let server: ChildProcess
    let page: Page
    beforeEach(async () => {
      const port = await freePort()
      server = spawn(process.execPath, [join(repository, 'examples', name, 'server.mjs')], {
        env: { PATH: process.env['PATH'], PORT: String(port) },
        cwd: repository,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [line] = (await once(server.stdout!, 'data')) as [Buffer]
      expect(String(line)).toContain('http://')
      page = await profile.newPage()
      await page.goto(`http://localhost:${port}`)
    })
    afterEach(async () => {
      await page.close()
      server.kill()
      await once(server, 'exit')
    })

    it('continues after a renewal, and shows why it ended after a sign-out in another tab', async () => {
      await page.getByRole('button', { name: 'sign-in' }).click()
      await page.getByRole('button', { name: 'sign-out' }).waitFor()
      await receives[name]!(page, 'one')
      const again = `fetch('/sign-in', { method: 'POST', body: new URLSearchParams({ csrf: document.querySelector('input').value }) })`
      const connected = connects[name]!(page)
      expect(await page.evaluate(`${again}.then(({ ok }) => ok)`)).toBe(true)
      await connected
      await receives[name]!(page, 'two')

      const other = await profile.newPage()
      await other.goto(page.url())
      await other.getByRole('button', { name: 'sign-out' }).click()
      await page.getByText(explain('ended').sentence).waitFor({ timeout: 15_000 })
      await other.close()
    })
  })
})
