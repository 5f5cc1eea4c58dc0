import type { IncomingMessage, ServerResponse } from 'node:http'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sojourn as onExpress } from '../../src/adapters/express.ts'
import { sojourn as onFetch } from '../../src/adapters/fetch.ts'
import { sojourn as onHono } from '../../src/adapters/hono.ts'
import { sojourn as onNode } from '../../src/adapters/node.ts'
import type { Session } from '../../src/index.ts'
import { signedIn, world } from '../support/sessions.ts'
import { arrangements } from '../suites/adapters/arrangements.ts'
import { ask } from '../suites/adapters/client.ts'
import { serveListener } from '../suites/adapters/host.ts'
import { quiet, uncaught } from '../suites/adapters/serving.ts'

quiet()

type Send = (response: ServerResponse) => unknown

/** Responses that no shared cache stores. The first is the handshake of Socket.IO by polling. */
const unshared: [string, Send][] = [
  ['no-store', (res) => res.writeHead(200, { 'Content-Type': 'text/plain', 'cache-control': 'no-store' }).end('0{}')],
  ['private', (res) => res.setHeader('Cache-Control', 'private, max-age=60').end('page')],
  ['no-store in an array', (res) => res.writeHead(200, ['Cache-Control', 'no-store']).end('page')],
]

const shared: [string, Send][] = [
  ['a page without Cache-Control', (res) => res.end('page')],
  ['a public page', (res) => res.writeHead(200, { 'Cache-Control': 'public, max-age=60' }).end('page')],
  ['a page that only must be checked', (res) => res.setHeader('Cache-Control', 'no-cache').end('page')],
]

const late = (session: Session, read: (session: Session) => unknown): unknown => {
  try {
    return read(session)
  } catch (error) {
    return error
  }
}

describe.each(arrangements)('with sessions %s', (_, arrange) => {
  /** Sends a response as engine.io does, beside the application, and reads the session when its connection is made. */
  async function readAfter(send: Send, read: (session: Session) => unknown, delay: (then: () => void) => void) {
    const visited = world()
    const { cookie } = await signedIn(visited)
    const seen: unknown[] = []
    const open = onExpress(arrange(visited.sessions))
    const served = await serveListener((request, response) =>
      open(request, response, () => {
        send(response)
        delay(() => seen.push(late((request as IncomingMessage & { session: Session }).session, read)))
      }),
    )
    onTestFinished(() => served.close())
    const got = await ask(served.port, '/', { cookie })
    await expect.poll(() => seen.length).toBe(1)
    return { seen: seen[0], got }
  }

  const delays: [string, (then: () => void) => void][] = [
    ['at once', (then) => then()],
    ['in the next tick', (then) => process.nextTick(then)],
    ['later', (then) => void setTimeout(then, 20)],
  ]

  describe.each(delays)('read %s', (_delay, delay) => {
    it.each(unshared)('a session is there after a response that says %s', async (_name, send) => {
      const errors = uncaught()
      const { seen, got } = await readAfter(send, (session) => session.userId, delay)

      expect(seen).toBe('ada')
      expect(got.headers.get('Cache-Control')).not.toBeNull()
      expect(errors).toEqual([])
    })
  })

  it.each(shared)('a session that is read after %s is refused with the reason', async (_name, send) => {
    const { seen } = await readAfter(send, (session) => session.userId, (then) => void setTimeout(then, 20)) // prettier-ignore

    expect(seen).toMatchObject({ code: 'ERR_COMMITTED', message: expect.stringMatching(/first read after .* cache/) })
  })

  it('a change after a response is refused, whatever that says', async () => {
    for (const [, send] of [...unshared, ...shared]) {
      const { seen } = await readAfter(send, (session) => session.signIn('eve'), (then) => void setTimeout(then, 20)) // prettier-ignore

      expect(seen).toMatchObject({
        code: 'ERR_COMMITTED',
        message: expect.stringMatching(/^session\.signIn\(\) came too late: the response was already sent/),
      })
    }
  })
})

describe('a stream that reads the session first, after its headers have left', () => {
  const streams: Record<
    string,
    (
      visited: ReturnType<typeof world>,
      cacheControl: string,
      seen: unknown[],
    ) => (request: Request) => Response | Promise<Response>
  > = {
    fetch: ({ sessions }, cacheControl, seen) =>
      onFetch(
        sessions,
        (_, session) => new Response(reading(session, seen), { headers: { 'Cache-Control': cacheControl } }),
      ),
    Hono: ({ sessions }, cacheControl, seen) =>
      new Hono()
        .use(onHono(sessions))
        .get('/', (c) => c.body(reading(c.var.session, seen), 200, { 'Cache-Control': cacheControl })).fetch,
  }
  const reading = (session: Session, seen: unknown[]) =>
    new ReadableStream(
      {
        pull(controller) {
          seen.push(late(session, ({ userId }) => userId))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )

  it.each(Object.keys(streams))('in %s gets it if no cache may store the response', async (name) => {
    const visited = world()
    const headers = { Cookie: (await signedIn(visited)).cookie }
    const seen: unknown[] = []
    for (const cacheControl of ['no-store', 'public']) {
      const answer = await streams[name]!(visited, cacheControl, seen)(new Request('https://example.com/', { headers }))
      await answer.text()
    }

    expect(seen).toEqual(['ada', expect.objectContaining({ code: 'ERR_COMMITTED' })])
  })
})

it('sojourn/node lets a session be read after a response that no cache may store', async () => {
  const visited = world()
  const { cookie } = await signedIn(visited)
  const seen: unknown[] = []
  const served = await serveListener(
    onNode(visited.sessions, (request, response) => {
      response.setHeader('Cache-Control', 'no-store').end()
      seen.push(late(request.session, ({ userId }) => userId))
    }),
  )
  onTestFinished(() => served.close())
  await ask(served.port, '/', { cookie })

  expect(seen).toEqual(['ada'])
})
