import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { signedIn } from '../../support/sessions.ts'
import type { Arrange } from './arrangements.ts'
import { servingListener, type Listener, type NodeStyle } from './listeners.ts'
import { cookieNames, uncaught } from './serving.ts'

const starts: [string, (res: ServerResponse) => unknown][] = [
  ['writeHead', (res) => res.writeHead(200, { 'X-Own': '1' })],
  ['write', (res) => res.setHeader('X-Own', '1').write('one ')],
  ['flushHeaders', (res) => res.setHeader('X-Own', '1').flushHeaders()],
]

/** After its first header a response is what Node has it be, whether that waits for the commit or not. */
export function afterHeaders(style: NodeStyle, arrange: Arrange): void {
  const listening = (listener: Listener) => servingListener({ style, arrange }, listener)

  describe.each(starts)('after %s', (_, start) => {
    it('headers can be changed no more, and the response says so', async () => {
      const errors = uncaught()
      const seen: unknown[] = []
      const { ask } = await listening((req, res) => {
        req.session.data['n'] = 1
        start(res)
        const late = [
          () => res.setHeader('X-Late', '1'),
          () => res.appendHeader('X-Own', '2'),
          () => res.removeHeader('X-Own'),
          () => res.writeHead(418),
        ]
        for (const change of late) seen.push(codeOf(change))
        res.statusCode = 418
        seen.push(res.headersSent)
        res.end('two')
        seen.push(res.writableEnded)
      })
      const got = await ask()

      expect(seen).toEqual([...Array.from({ length: 4 }, () => 'ERR_HTTP_HEADERS_SENT'), true, true])
      expect([got.status, got.headers.get('X-Own'), got.headers.get('X-Late')]).toEqual([200, '1', null])
      expect(got.body).toMatch(/^(one )?two$/)
      expect(cookieNames(got)).toEqual(['__Host-Http-guest'])
      expect(errors).toEqual([])
    })

    it('the session can be changed no more', async () => {
      const seen: unknown[] = []
      const { ask } = await listening(async (req, res) => {
        req.session.data['n'] = 1
        start(res)
        await delay(20)
        seen.push(
          codeOf(() => (req.session.data = { n: 2 })),
          codeOf(() => req.session.signIn('ada')),
        )
        res.end()
      })

      expect(cookieNames(await ask())).toEqual(['__Host-Http-guest'])
      expect(seen).toEqual(['ERR_COMMITTED', 'ERR_COMMITTED'])
    })

    it('an error aborts a started response, and nothing else', async () => {
      const errors = uncaught()
      let broken = true
      const { ask, ...visited } = await listening((req, res) => {
        req.session.data['n'] = 1
        start(res)
        if (broken) throw new Error('broken')
        res.end('whole')
      })
      const { cookie } = await signedIn(visited)
      const first = await ask({ cookie }).catch((error: Error) => error)
      broken = false

      // A client does not take the half for the whole: either it is cut off, or it is the host's 500.
      if (!(first instanceof Error)) expect(first.status).toBe(500)
      expect((await ask({ cookie })).body).toMatch(/whole$/)
      expect(errors).toEqual([])
    })
  })

  it('an error after the end changes nothing of the answer', async () => {
    const errors = uncaught()
    const { ask } = await listening((req, res) => {
      req.session.data['n'] = 1
      res.end('whole')
      throw new Error('broken')
    })
    for (let n = 0; n < 3; n++) {
      const got = await ask().catch(() => null)
      // Express destroys the connection of a started response, with or without sessions.
      if (got === null) expect(style.name).toMatch(/Express/)
      else expect([got.status, got.body, cookieNames(got)]).toEqual([200, 'whole', ['__Host-Http-guest']])
    }
    expect(errors).toEqual([])
  })

  it('each callback is called once, the response finishes, and a stream is asked to continue', async () => {
    const calls: string[] = []
    const { ask } = await listening(async (req, res) => {
      req.session.data['n'] = 1
      res.on('finish', () => calls.push('finish')).on('close', () => calls.push('close'))
      const large = Buffer.alloc(300_000, 'x')
      if (!res.write(large, () => calls.push('written'))) await once(res, 'drain')
      if (!res.write(large)) await once(res, 'drain')
      res.end('.', () => calls.push('ended'))
    })
    const got = await ask()

    expect([got.body.length, cookieNames(got)]).toEqual([600_001, ['__Host-Http-guest']])
    await vi.waitFor(() => expect(calls.toSorted()).toEqual(['close', 'ended', 'finish', 'written']))
  })

  it('headers that Node refuses are an error of the handler, and the next request is served', async () => {
    const errors = uncaught()
    const { ask } = await listening((req, res) => {
      req.session.data['n'] = 1
      if (req.headers['x-user'] === 'broken') res.writeHead(200, { 'X-Own': 'a\nb' }).end('text')
      else res.end('whole')
    })

    expect((await ask({ headers: { 'x-user': 'broken' } })).status).toBe(500)
    expect((await ask()).body).toBe('whole')
    expect(errors).toEqual([])
  })
}

function codeOf(change: () => unknown): string | undefined {
  try {
    change()
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}
