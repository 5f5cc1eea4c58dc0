import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBrowser, launchProfile } from '../../support/chromium.ts'

describeBrowser('a profile of Chromium that is closed and opened again', () => {
  let profile: string
  let server: Server

  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'sojourn-profile-'))
    server = createServer((request, response) => {
      if (request.url === '/set') response.setHeader('Set-Cookie', ['kept=1; Max-Age=3600', 'gone=1'])
      response.end(request.headers.cookie ?? 'none')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterAll(async () => {
    server.close()
    await rm(profile, { recursive: true, force: true })
  })

  it('has the cookies that outlive a browser, and no others', async () => {
    const { port } = server.address() as AddressInfo
    const visit = async (path: string): Promise<string> => {
      const context = await launchProfile(profile)
      const page = await context.newPage()
      await page.goto(`http://127.0.0.1:${port}${path}`)
      await page.goto(`http://127.0.0.1:${port}/`)
      const text = await page.innerText('body')
      await context.close()
      return text
    }

    expect(await visit('/set')).toBe('kept=1; gone=1')
    expect(await visit('/')).toBe('kept=1')
  })
})
