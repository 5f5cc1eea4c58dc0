import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from '../support/repository.ts'
import { freePort } from '../support/servers/server.ts'
import { browser, type Browser } from '../support/browser.ts'

const ada = { name: 'ada', password: 'difference engine' }

describe('examples/passport', () => {
  let folder: string
  let port: number
  let server: ChildProcess
  let visitor: Browser

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'example-'))
    visitor = browser()
    await start()
  })

  afterEach(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('signs in under a new id, keeps what the guest had, and stays signed in through a restart', async () => {
    await page()
    const guest = visitor.cookie
    const signedIn = await submit('/sign-in', { ...ada, remember: 'on' })
    expect([signedIn.status, signedIn.headers.getSetCookie().join()]).toEqual([
      303,
      expect.stringContaining('Expires='),
    ])
    expect(visitor.cookie).not.toBe(guest)
    expect(await (await send('/', guest)).text()).toContain('Visit 1 of a guest')

    const welcome = await page()
    expect(welcome).toContain('<h1>Visit 3 of ada</h1>')
    expect(welcome).toContain('<p role="status">You are signed in.</p>')
    await stop()
    await start()
    visitor.close()
    expect(await page()).toContain('of ada</h1>')
  })

  it('lets a sign-in without the tick go with the browser', async () => {
    await submit('/sign-in', ada)
    expect(await page()).toContain('of ada</h1>')
    visitor.close()
    expect(await page()).toContain('of a guest</h1>')
  })

  it('says once why a sign-in failed, as text', async () => {
    expect((await submit('/sign-in', { name: '<b>', password: 'none' })).status).toBe(302)
    const shown = await page()
    expect(shown).toContain('of a guest</h1>')
    expect(shown).toContain('<p role="status">There is no &#60;b&#62; with this password.</p>')
    expect(await page()).not.toContain('role="status"')
  })

  it('signs out for good', async () => {
    await submit('/sign-in', ada)
    const copy = visitor.cookie
    expect((await submit('/sign-out')).status).toBe(303)
    const farewell = await page()
    expect(farewell).toContain('of a guest</h1>')
    expect(farewell).toContain('<p role="status">You are signed out.</p>')
    expect(await (await send('/', copy)).text()).toContain('of a guest</h1>')
  })

  it('lists devices, and signs out one of them, or all others', async () => {
    const [phone, tablet] = [browser(), browser()]
    for (const who of [visitor, phone, tablet]) await submit('/sign-in', ada, who)
    const shown = await page()
    expect(shown.match(/<li>/g)).toHaveLength(3)
    expect(shown.match(/This device/g)).toHaveLength(1)

    const [, id = ''] = /name="id" value="([\w-]+)"/.exec(shown) ?? []
    await submit('/devices/end', { id })
    const after = await page()
    expect(after).toContain('That device is signed out.')
    expect(after.match(/<li>/g)).toHaveLength(2)

    await submit('/devices/end-others')
    expect(await page()).toContain('of ada</h1>')
    for (const who of [phone, tablet]) expect(await page(who)).toContain('of a guest</h1>')
  })

  it('refuses forms of another site, and those of the guest after the sign-in', async () => {
    const guest = csrfOf(await page())
    await submit('/sign-in', ada)
    const copy = visitor.cookie
    for (const csrf of ['', guest, csrfOf(await (await send('/')).text())])
      expect((await send('/sign-out', copy, { csrf })).status).toBe(403)
    expect(await page()).toContain('of ada</h1>')
  })

  const csrfOf = (shown: string): string => /name="csrf" value="([\w-]+)"/.exec(shown)?.[1] ?? ''

  async function page(who = visitor): Promise<string> {
    const response = await send('/', who.cookie)
    expect(response.status).toBe(200)
    who.receive(response.headers)
    return response.text()
  }

  /** Fills in the form of the page and sends it. */
  async function submit(action: string, fields: Record<string, string> = {}, who = visitor): Promise<Response> {
    const shown = await page(who)
    expect(shown).toContain(`action="${action}"`)
    const response = await send(action, who.cookie, { csrf: csrfOf(shown), ...fields })
    who.receive(response.headers)
    return response
  }

  /** @param fields a form; without it, the page is read */
  async function send(path: string, Cookie = '', fields?: Record<string, string>): Promise<Response> {
    const form = fields && { method: 'POST', body: new URLSearchParams(fields) }
    return fetch(`http://localhost:${port}${path}`, { ...form, headers: { Cookie }, redirect: 'manual' })
  }

  async function start(): Promise<void> {
    port = await freePort() // another one each time: of the last one, a connection may still be open
    server = spawn(process.execPath, [join(repository, 'examples/passport/server.mjs')], {
      cwd: folder,
      env: { PATH: process.env['PATH'], PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = await once(server.stdout!, 'data')
    expect(String(printed)).toBe(`http://localhost:${port}\n`)
  }

  async function stop(): Promise<void> {
    server.kill()
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  }
})
