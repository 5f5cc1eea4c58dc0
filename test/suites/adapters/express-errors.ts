import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express'
import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sojourn } from '../../../src/adapters/express.ts'
import { SojournError, type Session } from '../../../src/index.ts'
import { signedIn, world } from '../../support/sessions.ts'
import { failing, type Arrange } from './arrangements.ts'
import { ask, type Asking } from './client.ts'
import { serveListener } from './host.ts'
import { passing, type Express } from './hosts/express.ts'
import { cookieNames, privacyOf, uncaught } from './serving.ts'

type Handler = (req: Request & { session: Session }, res: Response, next: NextFunction) => unknown

const own: ErrorRequestHandler = (error: SojournError, req, res, next) => {
  if (res.headersSent) return next(error)
  res.status(error.status ?? 500).json({ code: error.code, user: req.session.userId })
}

async function servingExpress(express: Express, arrange: Arrange, handler: Handler, onError?: ErrorRequestHandler) {
  const visited = world()
  const app = express()
  app.use(sojourn(arrange(visited.sessions)))
  app.use((req, res, next) => void passing(() => handler(req as never, res, next), next))
  // With a route behind the handler, Express calls its own error handler at once, and not after an immediate.
  app.use('/elsewhere', (_req, res) => res.end())
  if (onError !== undefined) app.use(onError)
  const served = await serveListener(app)
  onTestFinished(() => served.close())
  return { ...visited, ask: (asking?: Asking) => ask(served.port, '/', asking) }
}

const unavailable = new SojournError('ERR_SESSION_UNAVAILABLE', 'The store does not answer.')
const broken = Object.assign(new Error('broken'), { code: 'BROKEN' })

const throwing: [string, Handler][] = [
  ['is passed on', (_req, _res, next) => next(broken)],
  ['is thrown', () => { throw broken }], // prettier-ignore
  ['is rejected with', async () => Promise.reject(broken)],
  ['is thrown after headers were set', (_req, res) => { res.set({ ETag: '"x"', 'Cache-Control': 'public' }); throw broken }], // prettier-ignore
]

const answers: [string, (res: Response) => unknown][] = [
  ['res.end', (res) => res.end('canary')],
  ['res.send', (res) => res.set('ETag', '"canary"').send('canary')],
  ['res.json', (res) => res.json({ canary: 1 })],
  ['res.redirect', (res) => res.redirect('/canary')],
  ['res.writeHead and end', (res) => res.writeHead(200, { 'Content-Type': 'text/canary' }).end('canary')],
  ['res.write and end', (res) => void [res.write('canary'), res.end('canary')]],
  ['a stream', (res) => Readable.from(Array.from({ length: 50 }, () => 'canary'.repeat(9999))).pipe(res)],
]

const starts: [string, (answer: () => void) => unknown][] = [
  ['at once', (answer) => answer()],
  ['from a timer', (answer) => void setTimeout(answer, 2)],
  ['after an await', async (answer) => { await Promise.resolve(); answer() }], // prettier-ignore
]

/** Errors in Express: the handler's, and those of a commit. */
export function expressErrors(express: Express, arrange: Arrange): void {
  describe.each([
    ['its own error handler', undefined],
    ['an error handler of the application', own],
  ])('%s', (_, onError) => {
    it.each(throwing)('answers an error that %s, and a sign-out before it is kept', async (_name, fail) => {
      const { ask, sessions, ...visited } = await servingExpress(
        express,
        arrange,
        async (req, res, next) => {
          req.session.signOut()
          return fail(req, res, next)
        },
        onError,
      )
      const { cookie } = await signedIn({ ...visited, sessions })
      const got = await ask({ cookie })

      expect([got.status, cookieNames(got)]).toEqual([500, ['-__Host-Http-session']])
      expect(privacyOf(got)).toEqual({ vary: 'Cookie', cacheControl: 'no-store' })
      expect((await sessions.open(cookie)).outcome).toBe('ended')
      if (onError !== undefined) expect(JSON.parse(got.body)).toEqual({ code: 'BROKEN', user: null })
    })
  })

  it.each(answers)(
    'where not even the answer of its error handler can be committed, %s is a 503 all the same',
    async (_, answer) => {
      const errors = uncaught()
      const never: Arrange = (sessions) => arrange(failing(sessions, unavailable, { always: true }))
      const handler: Handler = (req, res) => {
        req.session.data['n'] = 1
        answer(res)
      }
      const { ask } = await servingExpress(express, never, handler, own)
      for (const method of ['GET', 'HEAD']) {
        const got = await ask({ method })

        expect([got.status, cookieNames(got), got.headers.get('Location')]).toEqual([503, [], null])
        expect(got.body).not.toContain('canary')
      }
      expect(errors).toEqual([])
    },
  )

  describe.each(starts)(
    'a Date in the session is a 500 of its own error handler, if the handler answers %s',
    (_, start) => {
      it.each(answers)('by %s', async (way, answer) => {
        const errors = uncaught()
        const { ask } = await servingExpress(express, arrange, (req, res) => {
          req.session.data['when'] = new Date()
          return start(() => answer(res))
        })
        for (const asking of [{}, { method: 'HEAD' }, { method: 'POST', body: 'unread' }]) {
          const got = await ask(asking)

          expect([got.status, cookieNames(got), got.headers.get('Location')]).toEqual([500, [], null])
          expect(got.body).not.toContain('canary')
          // The adapter itself replaces a response that has begun.
          if (!/write|stream/.test(way)) expect(got.headers.get('Content-Type')).toMatch(/html/)
        }
        expect(errors).toEqual([])
      })
    },
  )

  describe('an error handler of the application is given what a commit failed of', () => {
    it.each(answers)('by %s', async (way, answer) => {
      const errors = uncaught()
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      onTestFinished(() => agent.destroy())
      const { ask } = await servingExpress(
        express,
        (sessions) => arrange(failing(sessions, unavailable)),
        (req, res) => {
          req.session.data['n'] = 1
          answer(res)
        },
        own,
      )
      for (const method of ['GET', 'POST', 'GET']) {
        const got = await ask({ method, agent })

        expect([got.status, cookieNames(got), got.headers.get('Location')]).toEqual([503, [], null])
        expect(got.headers.get('ETag')).not.toBe('"canary"')
        expect(got.body).not.toContain('canary')
        // A half-written response may be answered by the adapter alone.
        if (way === 'res.write and end' || way === 'a stream') continue
        expect(got.headers.get('Content-Type')).toMatch(/^application\/json/)
        expect(JSON.parse(got.body)).toEqual({ code: 'ERR_SESSION_UNAVAILABLE', user: null })
      }
      expect(errors).toEqual([])
    })
  })
}
