import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { sojourn } from '../../../src/adapters/express.ts'
import type { SessionRequest } from '../../../src/adapters/node.ts'
import { signedIn, world } from '../../support/sessions.ts'

async function answerOf(listener: RequestListener, cookie: string): Promise<Response> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { headers: { Cookie: cookie } })
  } finally {
    server.close()
  }
}

it('one response for two request objects is sent once, with the cookie of the inner session', async () => {
  const visited = world()
  const { cookie } = await signedIn(visited)
  const middleware = sojourn(visited.sessions)
  const response = await answerOf((request, res) => {
    const outer = request as SessionRequest
    const inner = { headers: request.headers, socket: request.socket } as SessionRequest
    middleware(request, res, () =>
      middleware(inner, res, () => {
        expect(inner.session).not.toBe(outer.session)
        inner.session.data['n'] = 1
        res.end(inner.session.userId)
      }),
    )
  }, cookie)

  expect([response.status, await response.text()]).toEqual([200, 'ada'])
  expect(response.headers.getSetCookie()).toHaveLength(1)
  expect((await visited.sessions.open(response.headers.getSetCookie()[0]!.split(';')[0])).data['n']).toBe(1)
})

it('an object that inherits from a request is the same request, so it has the same session', async () => {
  const visited = world()
  const { cookie } = await signedIn(visited)
  const middleware = sojourn(visited.sessions)
  const response = await answerOf((request, res) => {
    const inner: SessionRequest = Object.create(request)
    middleware(request, res, () =>
      middleware(inner, res, () => {
        inner.session.data['n'] = 1
        res.end(String((request as SessionRequest).session === inner.session))
      }),
    )
  }, cookie)

  expect(await response.text()).toBe('true')
  expect(response.headers.getSetCookie()).toHaveLength(1)
})
