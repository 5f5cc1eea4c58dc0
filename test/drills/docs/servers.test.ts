import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPage } from '../../support/docs/blocks.ts'
import { describeNginx, startNginx, type Nginx } from '../../support/servers/nginx.ts'
import { freePort } from '../../support/servers/server.ts'

/** As large as browsers keep one, with all its attributes. */
const cookie = `__Host-Http-session=${'x'.repeat(4077)}; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Lax`

describeNginx('nginx, as docs/servers.md sets it', () => {
  let servers: Server[]
  let nginx: Nginx
  let url: string
  let configuration: string
  const seen = new Set<unknown>()

  beforeAll(async () => {
    servers = [0, 1].map((index) =>
      createServer((request, response) => {
        seen.add(index)
        response.setHeader('Set-Cookie', cookie)
        response.end(JSON.stringify({ ...request.headers, cookie: request.headers.cookie?.length }))
      }).listen(0, '127.0.0.1'),
    )
    await Promise.all(servers.map((server) => once(server, 'listening')))
    const { blocks } = await readPage('docs/servers.md')
    const [block] = blocks.filter(({ language }) => language === 'nginx')
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const [one, two] = servers.map((server) => String((server.address() as AddressInfo).port))
    configuration = block!.text
      .replace('3001', one!)
      .replace('3002', two!)
      .replace('listen 8080', `listen 127.0.0.1:${port}`)
    nginx = await startNginx(whole(configuration))
  })

  afterAll(async () => {
    await nginx.stop()
    for (const server of servers) server.close().closeAllConnections()
  })

  const whole = (text: string): string => `events {}\nhttp {\naccess_log off;\n${text}\n}\n`

  it('hands requests to both, with the largest cookie in either direction, and says where they came from', async () => {
    for (let times = 0; times < 4; times++) {
      const response = await fetch(url, { headers: { Cookie: cookie.split(';', 1)[0]! } })
      expect([response.status, response.headers.getSetCookie()]).toEqual([200, [cookie]])
      const received = (await response.json()) as Record<string, unknown>
      expect(received).toMatchObject({ 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1', cookie: 4097 })
      expect(`http://${String(received['host'])}`).toBe(url)
    }
    expect(seen.size).toBe(2)
  })

  it('answers 502 where it takes 4 KB of headers, as it does by itself on most systems', async () => {
    await nginx.reload(whole(configuration.replace('proxy_buffer_size 8k', 'proxy_buffer_size 4k')))
    await expect.poll(async () => (await fetch(url)).status).toBe(502)
  })
})
