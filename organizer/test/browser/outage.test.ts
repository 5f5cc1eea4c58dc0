import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../../test/support/chromium.ts'
import { describeRedis, startRedis, type RedisServer } from '../../../test/support/servers/redis.ts'
import { organizerProcess, type OrganizerProcess } from './server.ts'
import { expectSound, type Step } from './sound.ts'

describeRedis('while Redis is down', () => {
  describeBrowser('each page is sound', () => {
    let redis: RedisServer
    let organizer: OrganizerProcess
    let profile: string
    let context: BrowserContext

    beforeAll(async () => {
      redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
      organizer = await organizerProcess()
      profile = await mkdtemp(join(tmpdir(), 'profile-'))
      context = await launchProfile(profile)
    })

    afterAll(async () => {
      await context.close()
      await organizer.remove()
      await redis.stop()
      await rm(profile, { recursive: true, force: true })
    })

    const sound = (steps: Step) => expectSound(context, organizer.url, steps)

    async function signedInWith(unconfirmedFor: string): Promise<void> {
      await organizer.stop()
      await organizer.start({ SESSION_TYPE: 'redis', REDIS_URL: redis.url, SESSION_UNCONFIRMED_FOR: unconfirmedFor })
      const page = await context.newPage()
      await signIn(page)
      await page.getByText('Hello, John').waitFor()
      await page.close()
    }

    async function signIn(page: Page): Promise<void> {
      await page.goto(`${organizer.url}/organizer/login?demo&again`)
      await page.getByRole('button', { name: 'Sign in' }).click()
    }

    it('if the cookie has a copy: pages work, or explain what does not', async () => {
      await signedInWith('600')
      redis.freeze()
      await sound((page, url) => page.goto(`${url}/organizer/`))
      await sound(async (page, url) => {
        await page.goto(`${url}/organizer/account`)
        await page.getByText("You're still signed in and can keep working").waitFor()
      })
      await sound(async (page, url) => {
        await page.goto(`${url}/organizer/devices`)
        await page.getByText("We can't list them right now.").waitFor()
      })
      await sound(async (page) => {
        await signIn(page)
        await page.getByRole('alert').getByText("We can't sign you in right now.").waitFor()
      })
      redis.thaw()
      await until(async (page) => page.getByText("You're signed in here").isVisible(), '/organizer/devices')
    })

    it('if the cookie has no copy: a page explains that, and is loaded again by its button and by itself', async () => {
      await signedInWith('0')
      redis.freeze()
      await sound(async (page, url) => {
        await page.goto(`${url}/organizer/account`)
        await page.getByRole('heading', { name: 'Back in a moment' }).waitFor()
      })
      const page = await context.newPage()
      await page.goto(`${organizer.url}/organizer/account`)
      const again = page.getByRole('link', { name: 'Try again' })
      await Promise.all([page.waitForEvent('load'), again.click()])
      await again.waitFor()
      redis.thaw()
      await page.getByRole('heading', { name: 'Your account' }).waitFor({ timeout: 20_000 })
      await page.close()
    })

    async function until(isSo: (page: Page) => Promise<boolean>, path: string): Promise<void> {
      const page = await context.newPage()
      for (let tries = 0; tries < 40; tries++) {
        await page.goto(organizer.url + path)
        if (await isSo(page)) return page.close()
        await page.waitForTimeout(250)
      }
      throw new Error(`${path} did not come back`)
    }
  })
})
