import { once } from 'node:events'
import {
  createServer,
  request as requestOf,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sojourn as onExpress } from '../../src/adapters/express.ts'
import { sojourn as onNode, type SessionRequest } from '../../src/adapters/node.ts'
import type { Sessions } from '../../src/index.ts'
import { world } from '../support/sessions.ts'

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

type Handle = (request: SessionRequest, response: ServerResponse) => void

const slow = (sessions: Sessions): Sessions => ({
  ...sessions,
  async commit(session, options) {
    await new Promise((resolve) => setTimeout(resolve, 3))
    return sessions.commit(session, options)
  },
})

const hosts: Record<string, (sessions: Sessions, handle: Handle) => RequestListener> = {
  'plain Node': (sessions, handle) => onNode(sessions, handle),
  Express: (sessions, handle) => {
    const app = express()
    app.use(onExpress(sessions))
    app.use((request, response) => handle(request, response))
    return app
  },
}

async function answerOf(listener: RequestListener): Promise<IncomingMessage> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sent = requestOf({ port: (server.address() as AddressInfo).port, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  server.close()
  return response
}

describe.each(Object.keys(hosts))('%s', (host) => {
  describe.each([
    ['in their cookie', (sessions: Sessions) => sessions],
    ['that take a while', slow],
  ])('with sessions %s', (_kind, arrange) => {
    it.each<[string, (response: ServerResponse) => void]>([
      ['a header that Node refuses', (response) => void response.writeHead(200, { 'X-Bad': 'a\nb' })],
      ['headers in a list that Node refuses', (response) => void response.writeHead(200, ['X-Bad', 'a\nb'])],
      ['a status that there is not', (response) => void response.writeHead(99)],
      ['a reason that Node refuses', (response) => void response.writeHead(200, 'a\nb')],
      [
        'a reason on the response that Node refuses',
        (response) => void ((response.statusMessage = 'a\nb'), response.end()),
      ],
      ['a body that is none', (response) => void response.end(42)],
      ['nothing to write', (response) => void response.write(null)],
    ])('%s gives a 500 that signs nobody in', async (_what, send) => {
      const { sessions } = world()
      const listener = hosts[host]!(arrange(sessions), (request, response) => {
        request.session.signIn('ada')
        send(response)
      })
      const response = await answerOf(listener)

      expect(response.statusCode).toBe(500)
      expect(response.headers['set-cookie']).toBeUndefined()
    })
  })

  it('refuses a session that is first read while the headers leave', async () => {
    const { sessions } = world()
    let seen: unknown = null
    const response = await answerOf(
      hosts[host]!(sessions, (request, answer) => {
        const { writeHead } = answer
        // As middleware does that adds a header at the last moment.
        answer.writeHead = ((...head: [number]) => {
          try {
            void request.session.csrfToken
          } catch (error) {
            seen = error
          }
          return writeHead.apply(answer, head)
        }) as typeof writeHead
        answer.setHeader('Cache-Control', 'public')
        answer.end('x')
      }),
    )

    expect(seen).toMatchObject({ code: 'ERR_COMMITTED' })
    expect([response.statusCode, response.headers['cache-control'], response.headers['set-cookie']]).toEqual([
      200,
      'public',
      undefined,
    ])
  })
})

it('a value that was written to the session itself is refused', async () => {
  const session = await world().sessions.open(null)

  expect(() => Object.assign(session, { cart: ['tea'] })).toThrow(TypeError)
  expect(() => Object.assign(session, { userId: 'ada' })).toThrow(/session\.signIn\(id\)/)
})
