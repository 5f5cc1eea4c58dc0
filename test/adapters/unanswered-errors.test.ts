import type { Response } from 'express'
import type { IncomingMessage, ServerResponse } from 'node:http'
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

/** Resolves when the host gets an error. The adapter then waits for the host's response. */
function errorAtHost(): { readonly reached: Promise<void>; reach(): void } {
  let reach = () => {}
  const reached = new Promise<void>((resolve) => (reach = resolve))
  return { reached, reach: () => reach() }
}

describe.each(arrangements)('with sessions %s', (_, arrange) => {
  /** As Koa and h3 1 mount such middleware: `next` settles a promise, and later calls of it do nothing. */
  async function serveOnce(listener: Listener) {
    const { sessions, clock } = world()
    const error = errorAtHost()
    const open = sojourn(arrange(sessions))
    const port = await serve((request, response) => {
      const opened = new Promise<void>((resolve, reject) => {
        open(request, response, (thrown?: Error) => {
          if (thrown === undefined) return resolve()
          error.reach()
          reject(thrown)
        })
      })
      void opened.then(() => listener(request, response))
    })
    return { sessions, clock, port, error }
  }

  it('a host whose next works only once answers data that cannot be kept with 500, and keeps a sign-out', async () => {
    const errors = uncaught()
    const { port, error, ...visited } = await serveOnce((request, response) => {
      request.session.signOut()
      request.session.data['when'] = new Date()
      response.end('canary')
    })
    const { cookie } = await signedIn(visited)
    const answer = ask(port, '/', { cookie })
    await error.reached
    await vi.advanceTimersByTimeAsync(1000)
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
      let error = errorAtHost()
      const app = express()
      app.use(sojourn(arrange(world().sessions)))
      app.get('/', (req, res) => {
        req.session.data['when'] = new Date()
        res.send('canary')
      })
      app.use((_error: Error, _req: unknown, res: Response, _next: unknown) => {
        pages.push(() => res.status(500).set('X-Own', '1').send('own'))
        error.reach()
      })
      const port = await serve(app as never)
      const inTime = ask(port)
      await error.reached
      await vi.advanceTimersByTimeAsync(999)
      pages.pop()!()
      expect((await inTime).body).toBe('own')

      vi.clearAllTimers()
      error = errorAtHost()
      const late = ask(port)
      await error.reached
      await vi.advanceTimersByTimeAsync(1000)
      expect([(await late).status, (await late).body]).toEqual([500, 'Internal Server Error\n'])
      expect(pages.pop()).not.toThrow()
      expect(errors).toEqual([])
    },
  )
})
