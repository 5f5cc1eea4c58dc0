import type { Page } from 'playwright-core'

/** Turns scripts off in a page, as users can. */
export async function withoutScripts(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setScriptExecutionDisabled', { value: true })
}
