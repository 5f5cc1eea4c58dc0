import { createServer, type RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { bodyOf, connect, cookiesOf, requestOf } from '../../bench/requests/connection.mjs'

const ask = (handle: RequestListener) => connect(createServer(handle))

describe('a connection in memory', () => {
  it('sends one request after the other, with cookies', async () => {
    const send = ask((request, response) => response.end(`${request.url} ${request.headers.cookie}`))
    expect(bodyOf(await send(requestOf('/a', 'x=1')))).toBe('/a x=1')
    expect(bodyOf(await send(requestOf('/b')))).toBe('/b undefined')
  })

  it('waits for a response that comes in parts', async () => {
    const send = ask((_request, response) => {
      response.setHeader('Content-Length', 13).write('first, ')
      setImmediate(() => response.end('second'))
    })
    expect(bodyOf(await send(requestOf('/')))).toBe('first, second')
  })

  it('reads cookies as a browser does', async () => {
    const send = ask((_request, response) => response.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2', 'a=3']).end())
    expect(cookiesOf(await send(requestOf('/')))).toBe('a=3; b=2')
  })

  it('fails if the response is no success', async () => {
    const send = ask((_request, response) => response.writeHead(503).end('busy'))
    const response = await send(requestOf('/'))
    expect(() => bodyOf(response)).toThrow(/503/)
  })
})
