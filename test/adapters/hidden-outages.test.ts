// Some hosts, such as tRPC, catch every error and respond with 500.
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sojourn as forFastify } from '../../src/adapters/fastify.ts'
import { sojourn as forHono } from '../../src/adapters/hono.ts'
import { sojourn as forKoa } from '../../src/adapters/koa.ts'
import { sojourn as forNode } from '../../src/adapters/node.ts'
import type { Sessions } from '../../src/index.ts'
import { signedIn, world } from '../support/sessions.ts'
import { testStore } from '../support/stores.ts'
import { failing } from '../suites/adapters/arrangements.ts'
import { ask, type Got } from '../suites/adapters/client.ts'
import { listening, type Served } from '../suites/adapters/host.ts'
import { expresses } from '../suites/adapters/hosts/express.ts'
import { expressStyle, nodeStyle, type Listener } from '../suites/adapters/listeners.ts'
import { cookieNames, privacyOf, quiet } from '../suites/adapters/serving.ts'

quiet()

/** Sessions whose store does not answer, and the cookie of a user. */
async function inOutage() {
  const store = testStore()
  store.fail()
  const { sessions, clock } = world({ store })
  // A server without the store signed this visitor in.
  const { cookie } = await signedIn(world({}, clock))
  return { sessions, cookie }
}

/** Asks a server once, as a user in an outage. */
async function answerInOutage(serve: (sessions: Sessions) => Promise<Served>): Promise<Got> {
  const { sessions, cookie } = await inOutage()
  const { port, close } = await serve(sessions)
  onTestFinished(close)
  return ask(port, '/', { cookie })
}

/** As a host does that answers every error by itself. */
const hiding =
  (answer: Listener): Listener =>
  (req, res) => {
    try {
      res.end(req.session.userId)
    } catch {
      answer(req, res)
    }
  }

const page = '<h1>Sorry</h1>'
const type = { 'Content-Type': 'text/html' }

const ways: [string, Listener][] = [
  ['end', (_, res) => void [(res.statusCode = 500), res.setHeader('Content-Type', 'text/html'), res.end(page)]],
  ['writeHead', (_, res) => res.writeHead(500, type).end(page)],
  ['writeHead with a reason', (_, res) => res.writeHead(500, 'Internal Server Error', type).end(page)],
  ['writeHead with a list', (_, res) => res.writeHead(500, Object.entries(type).flat()).end(page)],
  ['write', (_, res) => void [(res.statusCode = 500), res.setHeaders(new Map([['Content-Type', 'text/html']])), res.write('<h1>'), res.end('Sorry</h1>')]], // prettier-ignore
  ['flushHeaders', (_, res) => void [(res.statusCode = 500), res.setHeader('Content-Type', 'text/html'), res.flushHeaders(), res.end(page)]], // prettier-ignore
  ['a message of its own', (_, res) => void [(res.statusCode = 500), (res.statusMessage = 'Sorry'), res.setHeader('Content-Type', 'text/html'), res.end(page)]], // prettier-ignore
]

const styles = [nodeStyle, ...expresses.map(([name, express]) => expressStyle(name, express))]

describe.each(styles)('$name: a 500 of the host, while the store does not answer', (style) => {
  it.each(ways)('is a 503 with the page of the host, by %s', async (_, answer) => {
    const got = await answerInOutage((sessions) => style.serve(sessions, hiding(answer)))

    expect([got.status, got.message, got.headers.get('Retry-After')]).toEqual([503, 'Service Unavailable', '1'])
    expect([got.headers.get('Content-Type'), got.body, cookieNames(got)]).toEqual(['text/html', page, []])
    expect(privacyOf(got)).toEqual({ vary: 'Cookie', cacheControl: 'no-store' })
  })

  it('stays a 500 if the session did not cause it', async () => {
    const uses: Listener[] = [() => {}, ({ session }) => void session.outcome]
    for (const use of uses) {
      const got = await answerInOutage((sessions) =>
        style.serve(sessions, (req, res) => {
          use(req, res)
          res.writeHead(500).end(page)
        }),
      )
      expect([got.status, got.headers.get('Retry-After'), got.body]).toEqual([500, null, page])
    }
  })

  it.each([200, 404, 502])('a %i is sent as it is', async (status) => {
    const got = await answerInOutage((sessions) =>
      style.serve(
        sessions,
        hiding((_, res) => res.writeHead(status).end(page)),
      ),
    )
    expect([got.status, got.headers.get('Retry-After'), got.body]).toEqual([status, null, page])
  })

  it('is a 500 if the commit fails for another reason', async () => {
    const got = await answerInOutage((sessions) =>
      style.serve(
        failing(sessions, new TypeError('A bug in a store.')),
        hiding((_, res) => res.end(page)),
      ),
    )
    expect([got.status, got.headers.get('Retry-After')]).toEqual([500, null])
  })
})

it('plain Node: an error that reaches the adapter keeps its own status', async () => {
  const thrown = hiding(() => {
    throw new TypeError('A bug in the listener.')
  })
  const got = await answerInOutage((sessions) => nodeStyle.serve(sessions, thrown))

  expect([got.status, got.headers.get('Retry-After'), got.body]).toEqual([500, null, 'Internal Server Error\n'])
})

it('HTTP/2: a 500 of the host is a 503', async () => {
  const { sessions, cookie } = await inOutage()
  const listener = forNode(
    sessions,
    hiding((_, res) => void [(res.statusCode = 500), res.end(page)]),
  )
  const { port, close } = await listening(createHttp2Server(listener as never) as never)
  const client = connect(`http://127.0.0.1:${port}`)
  onTestFinished(async () => {
    client.destroy()
    await close()
  })
  const sent = client.request({ ':path': '/', cookie })
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) =>
    sent.once('response', resolve).once('error', reject),
  )
  expect([headers[':status'], headers['retry-after']]).toEqual([503, '1'])
})

it('Fastify: a 500 of an error handler is a 503', async () => {
  const { sessions, cookie } = await inOutage()
  const app = fastify()
  onTestFinished(async () => app.close())
  app.register(forFastify, { sessions })
  app.setErrorHandler(async (_, __, reply) => reply.code(500).type('text/html').send(page))
  app.get('/', (request, reply) => void reply.send(request.session.userId))
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const got = await ask(Number(port), '/', { cookie })

  expect([got.status, got.headers.get('Retry-After'), got.body]).toEqual([503, '1', page])
})

it('Koa: a 500 of a middleware is a 503', async () => {
  const got = await answerInOutage((sessions) => {
    const app = new Koa()
    app.use(forKoa(sessions)).use((ctx) => {
      try {
        ctx.body = ctx.session.userId
      } catch {
        Object.assign(ctx, { status: 500, body: page })
      }
    })
    return listening(createHttpServer(app.callback()))
  })
  expect([got.status, got.message, got.headers.get('Retry-After')]).toEqual([503, 'Service Unavailable', '1'])
  expect(got.body).toBe(page)
})

it('Hono: a 500 of a handler is a 503, and stays one if the session did not cause it', async () => {
  const { sessions, cookie } = await inOutage()
  const app = new Hono()
  app.use(forHono(sessions)).get('/:use', (c) => {
    try {
      return c.text(c.req.param('use') === 'user' ? c.var.session.userId! : c.var.session.outcome, 500)
    } catch {
      return c.html(page, 500)
    }
  })
  const hidden = await app.request('/user', { headers: { cookie } })
  const own = await app.request('/outcome', { headers: { cookie } })

  expect([hidden.status, hidden.headers.get('Retry-After'), await hidden.text()]).toEqual([503, '1', page])
  expect(hidden.headers.get('Content-Type')).toMatch('text/html')
  expect([hidden.headers.get('Cache-Control'), hidden.headers.getSetCookie()]).toEqual(['no-store', []])
  expect([own.status, own.headers.get('Retry-After')]).toEqual([500, null])
})
