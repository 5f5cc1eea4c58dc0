import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'

/** How to come to a page of the application at an address. */
export type Step = (page: Page, url: string) => Promise<unknown>

/** Looks at a page on a phone and on a desktop, light and dark. */
export async function expectSound(context: BrowserContext, url: string, steps: Step): Promise<void> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    // Chromium says so of a page whose own status is 403, 404 or 422.
    const ofPage = message.location().url === page.url() && message.text().startsWith('Failed to load resource')
    if (!ofPage) complaints.push(message.text())
  })
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await steps(page, url)
  await page.waitForLoadState()
  await page.evaluate(withoutPattern)

  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 })
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const found = await faults(page)
      expect({ width, colorScheme, found }).toEqual({ width, colorScheme, found: [] })
    }
  }
  expect(complaints).toEqual([])
  await page.close()
}

// Over a pattern contrast is left undecided; this one is fainter than the lines around the cards.
const withoutPattern = 'document.styleSheets[0].insertRule("body::before { display: none !important }")'

/** What axe finds on a page, and where it could not decide whether there is enough contrast. */
async function faults(page: Page): Promise<string[][]> {
  // Legacy mode is for pages without frames: there is nothing to gather from them.
  const { violations, incomplete } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  const undecided = incomplete
    .filter(({ id }) => id === 'color-contrast')
    // The button that shows a password lies on its field, which looks like all others.
    .map((result) => ({ ...result, nodes: result.nodes.filter(({ target }) => !String(target).endsWith('password')) }))
  return [...violations, ...undecided]
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)])
}
