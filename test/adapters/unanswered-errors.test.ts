import type { Response } from 'express'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { sojourn } from '../../src/adapters/express.ts'
import type { Session } from '../../src/index.ts'
import { signedIn, world } from '../support/sessions.ts'
import { arrangements } from '../suites/adapters/arrangements.ts'
import { ask } from '../suites/adapters/client.ts'
import { serveListener } from '../suites/adapters/host.ts'
import { expresses } from '../suites/adapters/hosts/express.ts'
import { cookieNames, quiet, uncaught } from '../suites/adapters/serving.ts'

quiet()
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
afterEach(() => void vi.useRealTimers())

type Listener = (request: IncomingMessage & { session: Session }, response: ServerResponse) => void

async function serve(listener: (request: never, response: ServerResponse) => void): Promise<number> {
  const served = await serveListener(listener as never)
  onTestFinished(() => served.close())
  return served.port
}

/** Waits until the adapter waits for its host, and then lets so many milliseconds pass. */
async function pass(milliseconds: number): Promise<void> {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  // By its name, because what other tests have left behind may start timers too. Not `vi.waitUntil`, which moves the clock.
  while (!timers.mock.calls.some(([callback]) => callback.name === 'respondForHost')) await delay(1)
  timers.mockRestore()
  await vi.advanceTimersByTimeAsync(milliseconds)
}

describe.each(arrangements)('with sessions %s', (_, arrange) => {
  /** As Koa and h3 mount such middleware: `next` settles a promise, and later calls of it do nothing. */
  async function serveOnce(listener: Listener) {
    const { sessions, clock } = world()
    const open = sojourn(arrange(sessions))
    const port = await serve((request, response) => {
      const opened = new Promise<void>((resolve, reject) => open(request, response, (e) => (e ? reject(e) : resolve())))
      void opened.then(() => listener(request, response))
    })
    return { sessions, clock, port }
  }

  it('a host whose next works only once answers data that cannot be kept with 500, and keeps a sign-out', async () => {
    const errors = uncaught()
    const { port, ...visited } = await serveOnce((request, response) => {
      request.session.signOut()
      request.session.data['when'] = new Date()
      response.end('canary')
    })
    const { cookie } = await signedIn(visited)
    const answer = ask(port, '/', { cookie })
    await pass(1000)
    const got = await answer

    expect([got.status, got.body, cookieNames(got)]).toEqual([500, 'Internal Server Error\n', ['-__Host-Http-session']])
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
    expect(errors).toEqual([])
  })

  it.each(expresses)(
    'an error handler in %s has a second, and answers too late without harm',
    async (_name, express) => {
      const errors = uncaught()
      const pages: (() => void)[] = []
      const app = express()
      app.use(sojourn(arrange(world().sessions)))
      app.get('/', (req, res) => {
        req.session.data['when'] = new Date()
        res.send('canary')
      })
      app.use((_error: Error, _req: unknown, res: Response, _next: unknown) => {
        pages.push(() => res.status(500).set('X-Own', '1').send('own'))
      })
      const port = await serve(app as never)
      const inTime = ask(port)
      await pass(999)
      pages.pop()!()
      expect((await inTime).body).toBe('own')

      vi.clearAllTimers()
      const late = ask(port)
      await pass(1000)
      expect([(await late).status, (await late).body]).toEqual([500, 'Internal Server Error\n'])
      expect(pages.pop()).not.toThrow()
      expect(errors).toEqual([])
    },
  )
})
