import { serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sojourn } from '../../../src/adapters/hono.ts'
import { createSessions } from '../../../src/index.ts'
import { describeBrowser, launchProfile } from '../../support/chromium.ts'
import { random } from '../../support/random.ts'

// A poll is under way at each sign-in: one starts every 100 ms and takes up to 150. So a mistake shows within a few rounds.
const rounds = Number(process.env['ROUNDS'] ?? 15)

/**
 * The page polls every 100 ms; each poll changes the guest's session, and takes up to 150 ms to answer. A poll outlives its
 * page, because browsers drop the cookies of a request that they cancel.
 */
const page = `<!doctype html><form method="post" action="/login"><button>Sign in</button></form>
  <script>const poll = () => fetch('/poll', { keepalive: true })
  poll(), setInterval(poll, 100)</script>`

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

function createApp(): Hono {
  const app = new Hono()
  app.use(sojourn(createSessions({ secrets: ['a secret of this test, of 32 bytes and more'] })))
  app.get('/', (c) => c.html(page))
  app.get('/poll', async (c) => {
    c.var.session.data.polls = (c.var.session.data.polls ?? 0) + 1
    await pause(random() * 150)
    return c.text('polled')
  })
  app.post('/login', async (c) => {
    await pause(random() * 50)
    c.var.session.signIn('ada')
    return c.redirect('/me', 303)
  })
  app.get('/me', (c) => c.html(`<p id="who">${c.var.session.userId ?? 'nobody'}</p>`))
  return app
}

describeBrowser('a page that polls with changing guest data while its person signs in', () => {
  let server: ServerType
  let profile: string
  let context: BrowserContext

  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'profile-'))
    server = serve({ fetch: createApp().fetch, port: 0, hostname: '127.0.0.1' })
    await once(server, 'listening')
    context = await launchProfile(profile)
  })

  afterAll(async () => {
    await context.close()
    server.close()
    await rm(profile, { recursive: true, force: true })
  })

  it(`leaves them signed in, in each of ${rounds} rounds`, { timeout: 60_000 }, async () => {
    const { port } = server.address() as AddressInfo
    const tab = await context.newPage()
    let signedIn = 0
    for (let round = 0; round < rounds; round++) {
      await context.clearCookies()
      if (await signsIn(tab, `http://127.0.0.1:${port}`)) signedIn++
    }
    expect(signedIn).toBe(rounds)
  })

  async function signsIn(tab: Page, url: string): Promise<boolean> {
    await tab.goto(url)
    await pause(random() * 250)
    await tab.getByRole('button').click()
    await tab.waitForURL('**/me')
    // Polls that were on their way have answered by now.
    await pause(160)
    await tab.reload()
    return (await tab.locator('#who').innerText()) === 'ada'
  }
})
