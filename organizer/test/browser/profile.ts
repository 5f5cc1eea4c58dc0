import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { launchProfile } from '../../../test/support/chromium.ts'

/** A Chromium with a new profile. */
export interface Profile {
  readonly context: BrowserContext
  /** Closes all pages and deletes all cookies, so that the next test can use the browser. */
  reset(): Promise<void>
  /** Closes the browser and deletes the profile. */
  close(): Promise<void>
}

export async function openProfile(): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), 'profile-'))
  const context = await launchProfile(folder)
  return {
    context,
    async reset() {
      // A browser without pages would close.
      const blank = await context.newPage()
      for (const page of context.pages()) if (page !== blank) await page.close()
      await context.clearCookies()
    },
    async close() {
      await context.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
