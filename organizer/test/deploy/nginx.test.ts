import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeNginx, type Nginx, startNginx } from '../../../test/support/servers/nginx.ts'
import { freePort, untilAnswered } from '../../../test/support/servers/server.ts'
import { type Program, runProgram } from '../support/program.ts'
import { signInVisitors, signInVisitor, runUnderTraffic } from '../support/visitors.ts'

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8')

describeNginx('two organizers behind nginx, with deploy/nginx.conf', () => {
  const folder = mkdtempSync(join(tmpdir(), 'organizer-nginx-'))
  const organizers: { port: number; running: Program }[] = []
  let nginx: Nginx
  let configuration: string
  let url: string

  const start = (port: number) => runProgram(folder, 'main.js', [], { PORT: String(port), TRUST_PROXY: '1' })

  async function restart(organizer: (typeof organizers)[0]) {
    expect(await organizer.running.stop()).toMatchObject({ code: 0 })
    organizer.running = start(organizer.port)
    await untilAnswered(`http://127.0.0.1:${organizer.port}/healthz`)
  }

  beforeAll(async () => {
    configuration = read('deploy/nginx.conf')
    for (const number of [1, 2]) {
      const port = await freePort()
      organizers.push({ port, running: start(port) })
      await untilAnswered(`http://127.0.0.1:${port}/healthz`)
      configuration = configuration.replace(`organizer-${number}:5000`, `127.0.0.1:${port}`)
    }
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    configuration = configuration.replace('listen 8080', `listen 127.0.0.1:${port}`)
    nginx = await startNginx(configuration)
  })

  afterAll(async () => {
    await nginx?.stop()
    await Promise.all(organizers.map(({ running }) => running.stop()))
    rmSync(folder, { recursive: true })
  })

  it('are replaced one by one, as by deploy/update.sh; nobody is signed out, and no request fails', async () => {
    const visitors = await signInVisitors(url, 20)
    const { steps, errors } = await runUnderTraffic(visitors, async () => {
      for (const organizer of organizers) {
        await nginx.reload(configuration.replace(new RegExp(`^.*server 127.0.0.1:${organizer.port}.*\\n`, 'm'), ''))
        await new Promise((resolve) => setTimeout(resolve, 1000))
        await restart(organizer)
        await nginx.reload(configuration)
      }
    })
    expect(errors).toEqual([])
    expect(steps).toBeGreaterThan(100)
  })

  it('replace each other if one is killed: no page fails', async () => {
    const [first] = organizers as [(typeof organizers)[0]]
    const back = new AbortController()
    const requested = (async () => {
      const statuses = new Set<number>()
      while (!back.signal.aborted) statuses.add((await fetch(`${url}/organizer/login`)).status)
      return [...statuses]
    })()
    first.running.child.kill('SIGKILL')
    await first.running.ended
    const { status } = await fetch(`${url}/organizer/login`, { method: 'POST', headers: { Origin: url } })
    expect(status).toBe(403) // the other one responded
    first.running = start(first.port)
    await untilAnswered(`http://127.0.0.1:${first.port}/healthz`)
    back.abort()
    expect(await requested).toEqual([200])
  })

  it('report the end of a session to a page immediately, through nginx, from either of them', async () => {
    const visitor = await signInVisitor(url)
    const page = await (await visitor.request('/organizer/')).text()
    const streamPath = /data-asks="([^"]+)"/.exec(page)![1]!
    const streams = await Promise.all([visitor.request(streamPath), visitor.request(streamPath)])
    const readers = streams.map(({ body }) => body!.pipeThrough(new TextDecoderStream()).getReader())
    for (const reader of readers) expect((await reader.read()).value).toMatch(/^retry: /)

    const startedAt = performance.now()
    expect((await visitor.signOut()).status).toBe(303)
    for (const reader of readers) expect((await reader.read()).value).toBe('event: ended\ndata: ended\n\n')
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  it('count sign-in attempts by the real address, whatever the client claims', async () => {
    const page = await fetch(`${url}/organizer/login`)
    const Cookie = page.headers.getSetCookie()[0]!.split(';')[0]!
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())![1]!
    const statuses = new Set<number>()
    // Each of the two has its own count.
    for (let attempt = 0; attempt < 24; attempt++) {
      const { status } = await fetch(`${url}/organizer/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { Cookie, Origin: url, 'X-Forwarded-For': `203.0.113.${attempt}`, 'X-Forwarded-Proto': 'https' },
        body: new URLSearchParams({ csrf, email: 'nobody@example.com', password: 'wrong' }),
      })
      statuses.add(status)
    }
    expect([...statuses]).toEqual([422, 429])
  })

  it('may set a cookie of the maximum size, on a page with all its headers', async () => {
    const headers = Object.fromEntries((await fetch(`${url}/organizer/login`)).headers)
    const cookie = `__Host-Http-session=${'x'.repeat(4096 - '__Host-Http-session='.length)}`
    const attributes = '; Path=/; Expires=Wed, 25 Nov 2026 09:00:00 GMT; Max-Age=604800; HttpOnly; Secure; SameSite=Lax'
    const server = createServer((_request, response) => {
      const { 'content-length': _, 'transfer-encoding': __, 'content-encoding': ___, ...others } = headers
      response
        .writeHead(200, { ...others, 'set-cookie': [cookie + attributes, `__Host-Http-guest=${attributes}`] })
        .end('ok')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      await nginx.reload(configuration.replaceAll(/server 127\.0\.0\.1:\d+/g, `server 127.0.0.1:${port}`))
      let text = ''
      for (let tries = 0; text !== 'ok' && tries < 40; tries++) {
        // nginx closes idle connections when it reloads.
        const response = await fetch(url).catch(() => null)
        text = (await response?.text()) ?? ''
        if (text === 'ok') expect(response!.headers.getSetCookie()[0]).toBe(cookie + attributes)
        else await new Promise((resolve) => setTimeout(resolve, 50))
      }
      expect(text).toBe('ok')
    } finally {
      await nginx.reload(configuration)
      server.close()
    }
  })
})
