import { chromium, type BrowserContext } from 'playwright-core'
import { describe } from 'vitest'

/** The Chromium that `npm test` found; `undefined` when there is none. */
export const chromePath = process.env['CHROME_PATH'] || undefined

/** Groups tests that need a browser. Without one they are skipped: `npm test` says so, and fails where CI is set. */
export const describeBrowser = chromePath === undefined ? describe.skip : describe

/**
 * Starts Chromium on a folder that holds its profile: cookies that outlive a browser are found there by the next one
 * that is started on it. Closing the context ends the browser.
 */
export function launchProfile(userDataDir: string): Promise<BrowserContext> {
  if (chromePath === undefined) throw new Error('There is no Chromium: set CHROME_PATH, or run `npm test`')
  return chromium.launchPersistentContext(userDataDir, {
    executablePath: chromePath,
    headless: true,
    locale: 'en-US', // the headless shell of Debian writes dates as elsewhere
    chromiumSandbox: process.getuid?.() !== 0, // Chromium has no sandbox for root
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--process-per-site', // opening a page takes a quarter less of the processor
    ],
  })
}
