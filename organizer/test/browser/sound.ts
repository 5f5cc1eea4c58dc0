import { readFile } from 'node:fs/promises'
import type { AxeResults, RunOptions } from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'

// Minified, because each page parses it.
const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** Leads a page to the state that is checked. */
export type Step = (page: Page, url: string) => Promise<unknown>

/** Checks accessibility, width and console messages of a page, at phone and desktop width, in light and dark mode. */
export async function expectSound(context: BrowserContext, url: string, steps: Step): Promise<void> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    // Chromium logs this for a page whose own status is 403, 404 or 422.
    const isStatus = message.location().url === page.url() && message.text().startsWith('Failed to load resource')
    if (!isStatus) complaints.push(message.text())
  })
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await steps(page, url)
  await page.waitForLoadState()
  await page.evaluate(axe)

  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 })
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      // The other rules do not depend on colors.
      const faults = await findFaults(
        page,
        colorScheme === 'light' ? {} : { runOnly: ['color-contrast', 'link-in-text-block'] },
      )
      expect({ width, colorScheme, faults }).toEqual({ width, colorScheme, faults: [] })
      await savePicture(page, `${width}-${colorScheme}`)
    }
  }
  expect(complaints).toEqual([])
  await page.close()
}

/** Saves a picture of the whole page in the folder that the variable SCREENSHOTS names, for people who look at each state. */
async function savePicture(page: Page, look: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (!folder) return
  const name = expect.getState().currentTestName?.replaceAll(/\W+/g, '-')
  await page.screenshot({ path: `${folder}/${name}-${look}.png`, fullPage: true })
}

/** Returns violations, and elements for which axe could not decide the contrast. */
async function findFaults(page: Page, options: RunOptions): Promise<string[][]> {
  const { violations, incomplete } = await page.evaluate<Pick<AxeResults, 'violations' | 'incomplete'>>(
    `axe.run(${JSON.stringify({ ...options, resultTypes: ['violations', 'incomplete'] })}).then(({ violations, incomplete }) => ({ violations, incomplete }))`,
  )
  const undecided = incomplete
    .filter(({ id }) => id === 'color-contrast')
    // The button that shows a password overlaps its field, which looks like all other fields.
    .map((result) => ({ ...result, nodes: result.nodes.filter(({ target }) => !String(target).endsWith('password')) }))
  return [...violations, ...undecided]
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)])
}
