import { connect, createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sojourn } from '../../src/adapters/node.ts'
import { SojournError } from '../../src/index.ts'
import { browser, cookiesOf } from '../support/browser.ts'
import { signedIn, world } from '../support/sessions.ts'
import { arrangements, failing, type Arrange } from '../suites/adapters/arrangements.ts'
import { listening } from '../suites/adapters/host.ts'
import type { Listener } from '../suites/adapters/listeners.ts'
import { quiet, uncaught } from '../suites/adapters/serving.ts'

quiet()

/** Serves a listener by HTTP/2, through the interface of Node that resembles HTTP/1. */
async function serving(arrange: Arrange, listener: Listener) {
  const visited = world()
  const served = await listening(createServer(sojourn(arrange(visited.sessions), listener) as never) as never)
  const client = connect(`http://127.0.0.1:${served.port}`)
  onTestFinished(() => {
    client.destroy()
    return served.close()
  })
  const ask = (cookie = '', more: OutgoingHttpHeaders = {}) =>
    new Promise<{ status: number; headers: Headers; body: string }>((resolve, reject) => {
      const stream = client.request({ ':path': '/', ...(cookie === '' ? {} : { cookie }), ...more })
      let received: IncomingHttpHeaders & { ':status'?: number | undefined } = {}
      let body = ''
      stream.setTimeout(5000, () => stream.destroy(new Error('No answer.')))
      stream.setEncoding('utf8').on('response', (headers) => void (received = headers))
      stream.on('data', (text: string) => void (body += text)).on('error', reject)
      stream.on('end', () => resolve({ status: received[':status']!, headers: headersOf(received), body }))
      stream.end()
    })
  return { ...visited, ask }
}

function headersOf(received: IncomingHttpHeaders): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(received)) {
    if (!name.startsWith(':')) for (const each of [value].flat()) headers.append(name, each!)
  }
  return headers
}

describe.each(arrangements)('HTTP/2, with sessions %s', (_, arrange) => {
  it.each<[string, Listener]>([
    ['end', (_req, res) => res.end('text')],
    ['write and end', (_req, res) => void [res.write('te'), res.end('xt')]],
    ['writeHead', (_req, res) => res.writeHead(200, { 'x-own': '1', 'set-cookie': ['theme=dark'] }).end('text')],
    ['a stream', (_req, res) => Readable.from(['te', 'xt']).pipe(res)],
  ])('a sign-in by %s lasts, and a sign-out ends it', async (_name, answer) => {
    const { ask, sessions } = await serving(arrange, (req, res) => {
      if (req.headers['x-do'] === 'in') req.session.signIn('ada')
      if (req.headers['x-do'] === 'out') req.session.signOut()
      res.setHeader('X-User', req.session.userId ?? 'guest')
      return answer(req, res)
    })
    const visitor = browser()
    const entered = await ask('', { 'x-do': 'in' })
    visitor.receive(entered.headers)

    expect([entered.status, entered.body, entered.headers.get('Cache-Control')]).toEqual([200, 'text', 'no-store'])
    expect(entered.headers.getSetCookie().filter((cookie) => cookie.startsWith('__Host-'))).toHaveLength(1)
    expect((await ask(visitor.cookie)).headers.get('X-User')).toBe('ada')
    const { cookie } = visitor
    expect(cookiesOf((await ask(cookie, { 'x-do': 'out' })).headers)['__Host-Http-session']).toBe('')
    expect((await sessions.open(cookie)).outcome).toBe('ended')
  })

  it('a page that read the session has no header that asks a cache to keep it', async () => {
    const { ask } = await serving(arrange, (req, res) => {
      res.setHeader('Expires', 'Thu, 01 Jan 2099 00:00:00 GMT')
      void req.session.userId
      res.writeHead(200, { 'Cache-Control': 'public', 'CDN-Cache-Control': 'max-age=60' }).end()
    })
    const { headers } = await ask()

    expect([headers.get('Cache-Control'), headers.get('Vary')]).toEqual(['no-store', 'Cookie'])
    expect([headers.get('CDN-Cache-Control'), headers.get('Expires')]).toEqual([null, null])
  })

  it('many streams of one connection get their own sessions', async () => {
    const { ask, ...visited } = await serving(arrange, async (req, res) => {
      await new Promise((resolve) => void setTimeout(resolve, Math.random() * 10))
      req.session.data['n'] = 1
      res.end(req.session.userId)
    })
    const names = Array.from({ length: 50 }, (_, n) => `user-${n}`)
    const cookies = await Promise.all(names.map(async (name) => (await signedIn(visited, name)).cookie))
    const got = await Promise.all(cookies.map((cookie) => ask(cookie)))

    expect(got.map(({ body }) => body)).toEqual(names)
    for (const [n, { headers }] of got.entries()) {
      const visitor = browser({ now: visited.clock.now })
      visitor.receive(headers)
      expect((await visited.sessions.open(visitor.cookie)).userId).toBe(names[n])
    }
  })

  it('an error is a 500, a commit that fails a 503, and a sign-out before either is kept', async () => {
    const errors = uncaught()
    const unavailable = new SojournError('ERR_SESSION_UNAVAILABLE', 'The store does not answer.')
    const fails: Arrange = (sessions) => failing(arrange(sessions), unavailable)
    const { ask, ...visited } = await serving(fails, (req, res) => {
      req.session.signOut()
      if (req.headers['x-do'] === 'throw') throw new Error('broken')
      res.end('canary')
    })
    for (const [what, status] of [
      ['throw', 500],
      ['end', 503],
    ] as const) {
      const { cookie } = await signedIn(visited)
      const got = await ask(cookie, { 'x-do': what })

      expect([got.status, cookiesOf(got.headers)]).toEqual([status, { '__Host-Http-session': '' }])
      expect(got.body).not.toContain('canary')
    }
    expect(errors).toEqual([])
  })
})
