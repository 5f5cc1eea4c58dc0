import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sojourn } from '../../../src/adapters/node.ts'
import { createSessions } from '../../../src/index.ts'
import { describeBrowser, launchProfile } from '../../support/chromium.ts'
import { secrets, signedIn, world } from '../../support/sessions.ts'

const names = ['__Host-Http-session', '__Host-Http-guest']

describeBrowser('a script on the page, with the cookies of production', () => {
  let server: Server
  let profile: string
  let context: BrowserContext

  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'profile-'))
    // Chromium takes http://localhost for a secure origin.
    const sessions = createSessions({ secrets, cookie: { secure: true } })
    const listener = sojourn(sessions, (request, response) => {
      if (request.url === '/login') request.session.signIn('ada')
      response.setHeader('Content-Type', 'text/html').end(`<p>${request.session.userId ?? 'nobody'}</p>`)
    })
    server = createServer(listener).listen(0, 'localhost')
    await once(server, 'listening')
    context = await launchProfile(profile)
  })

  afterAll(async () => {
    await context.close()
    server.close().closeAllConnections()
    await rm(profile, { recursive: true, force: true })
  })

  it('plants no session, and the server’s own is kept', async () => {
    const url = `http://localhost:${(server.address() as AddressInfo).port}`
    const mallory = await signedIn(world(), 'mallory')
    const value = mallory.get(names[0]!)!
    const tab = await context.newPage()
    const cookiesOfServer = async () => (await context.cookies()).map(({ name }) => name)

    await tab.goto(url)
    const planted = await tab.evaluate(plant, { names, value })
    expect(planted).toBe('planted=x')
    expect(await cookiesOfServer()).toEqual(['planted'])

    await tab.goto(`${url}/login`)
    await tab.evaluate(plant, { names, value })
    await tab.goto(url)
    expect(await tab.textContent('p')).toBe('ada')
    expect((await cookiesOfServer()).toSorted()).toEqual([names[0], 'planted'])
  })
})

/** Runs in the page: sets each cookie as a script can, and one that it may. Returns what the script can read then. */
function plant({ names, value }: { names: readonly string[]; value: string }): string {
  const { document } = globalThis as unknown as { document: { cookie: string } }
  for (const name of names) document.cookie = `${name}=${value}; Path=/; Secure`
  document.cookie = 'planted=x; Path=/; Secure'
  return document.cookie
}
