import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { freezeHeaders } from '../../../src/adapters/shared/header-changes.ts'

setFlagsFromString('--allow-natives-syntax')
const hasFastProperties: (object: object) => boolean = runInNewContext('(object) => %HasFastProperties(object)')

const createResponse = () => new ServerResponse(new IncomingMessage(new Socket()))

const prototypeOfExpress = Object.create(ServerResponse.prototype) as object

it.each([
  ['of node:http', ServerResponse.prototype],
  ['of Express, which has another prototype', prototypeOfExpress],
])('V8 keeps a response %s fast that waits for its commit, and after it', (_, prototype) => {
  for (let round = 0; round < 3; round++) {
    const response = createResponse()
    if (prototype !== ServerResponse.prototype) Object.setPrototypeOf(response, prototype)
    const resume = freezeHeaders(response, () => true)
    expect(hasFastProperties(response)).toBe(true)
    resume()
    expect(hasFastProperties(response)).toBe(true)
  }
})

it('a response that waits for its commit looks sent, and then as it was before', () => {
  const response = createResponse()
  const setHeader = (): typeof response => response
  response.setHeader = setHeader
  response.statusCode = 201
  let isEnded = false
  const resume = freezeHeaders(response, () => isEnded)

  expect(() => response.setHeader('A', '1')).toThrow('after they are sent')
  expect(() => response.removeHeader('A')).toThrow('after they are sent')
  expect([response.headersSent, response.writableEnded]).toEqual([true, false])
  isEnded = true
  expect(response.writableEnded).toBe(true)
  resume()

  expect([response.headersSent, response.writableEnded]).toEqual([false, false])
  expect(response.setHeader).toBe(setHeader)
  expect(response.removeHeader).toBe(ServerResponse.prototype.removeHeader)
  expect(response.appendHeader).toBe(ServerResponse.prototype.appendHeader)
})

it('Node itself refuses changes meanwhile, because properties of a response are slow', () => {
  const response = createResponse()
  const names = Object.keys(response)
  const resume = freezeHeaders(response, () => true)

  expect(Object.keys(response)).toEqual(names)
  for (const change of [
    () => response.setHeader('A', '1'),
    () => response.appendHeader('A', '1'),
    () => response.setHeaders(new Map([['A', '1']])),
    () => response.removeHeader('A'),
    () => response.writeHead(200),
  ])
    expect(change).toThrow(expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }))
  // Goes round the hooks, as an older reference to Node's function does.
  expect(() => response.end('text')).toThrow(TypeError)
  resume()

  response.setHeader('A', '1')
  expect([response.headersSent, response.getHeader('A')]).toEqual([false, '1'])
})

it('an object that inherits from a response sees later what the response has sent', () => {
  const response = createResponse()
  const derived = Object.create(response) as typeof response
  freezeHeaders(derived, () => true)()

  response.writeHead(200)

  expect(derived.headersSent).toBe(true)
})

it('an object that inherits from a response has its state, and may wait for a commit itself', () => {
  const response = createResponse()
  freezeHeaders(response, () => true)()
  const derived = Object.create(response) as typeof response

  expect([derived.headersSent, derived.writableEnded]).toEqual([false, false])
  const resume = freezeHeaders(derived, () => true)
  expect([derived.headersSent, derived.writableEnded]).toEqual([true, true])
  resume()
  expect([derived.headersSent, derived.writableEnded]).toEqual([false, false])
})

it('a response whose setHeader cannot be assigned waits for its commit too', () => {
  const response = createResponse()
  const value = (): typeof response => response
  Object.defineProperty(response, 'setHeader', { configurable: true, value })
  const resume = freezeHeaders(response, () => true)

  expect(() => response.setHeader('A', '1')).toThrow('after they are sent')
  resume()
  expect(response.setHeader).toBe(value)
})

it('a response that has getters of its own has them again after its commit', () => {
  const response = createResponse()
  Object.defineProperty(response, 'headersSent', { configurable: true, writable: true, value: false })
  const resume = freezeHeaders(response, () => false)

  expect(response.headersSent).toBe(true)
  resume()
  Object.assign(response, { headersSent: true })
  expect(response.headersSent).toBe(true)
})
