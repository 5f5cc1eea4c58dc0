import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { freezeHeaders } from '../../../src/adapters/shared/header-changes.ts'

setFlagsFromString('--allow-natives-syntax')
const hasFastProperties: (object: object) => boolean = runInNewContext('(object) => %HasFastProperties(object)')

const createResponse = () => new ServerResponse(new IncomingMessage(new Socket()))

/** A response whose `headersSent` does not follow Node's field, as those of Bun. */
class OtherResponse extends ServerResponse {}
Object.defineProperty(OtherResponse.prototype, 'headersSent', { get: () => false })
const createOther = () => new OtherResponse(new IncomingMessage(new Socket()))

const kinds = [
  ['of node:http', createResponse],
  ['of another runtime', createOther],
] as const

const prototypeOfExpress = Object.create(ServerResponse.prototype) as object

it.each([
  ['of node:http', ServerResponse.prototype],
  ['of Express, which has another prototype', prototypeOfExpress],
])('V8 keeps a response %s fast that waits for its commit, and after it', (_, prototype) => {
  const response = createResponse()
  if (prototype !== ServerResponse.prototype) Object.setPrototypeOf(response, prototype)
  const frozen = freezeHeaders(response)
  frozen.markEnded()
  expect(hasFastProperties(response)).toBe(true)
  frozen.restore()
  expect(hasFastProperties(response)).toBe(true)
})

it.each(kinds)('a response %s that waits for its commit looks sent, and then as it was before', (_, create) => {
  const response = create()
  response.statusCode = 201
  const frozen = freezeHeaders(response)

  expect(() => response.setHeader('A', '1')).toThrow('after they are sent')
  expect(() => response.setHeaders(new Map([['A', '1']]))).toThrow('after they are sent')
  expect(() => response.appendHeader('A', '1')).toThrow('after they are sent')
  expect(() => response.removeHeader('A')).toThrow('after they are sent')
  expect([response.headersSent, response.writableEnded]).toEqual([true, false])
  frozen.markEnded()
  expect(response.writableEnded).toBe(true)
  response.statusCode = 500
  frozen.restore()

  expect([response.headersSent, response.writableEnded, response.statusCode]).toEqual([false, false, 201])
  expect(response.setHeader('A', '1').getHeaders()).toEqual({ a: '1' })
})

it('an object that inherits from a response may wait for a commit itself', () => {
  const response = createResponse()
  const derived = Object.create(response) as typeof response
  const frozen = freezeHeaders(derived)
  frozen.markEnded()

  expect([derived.headersSent, derived.writableEnded]).toEqual([true, true])
  expect([response.headersSent, response.writableEnded]).toEqual([false, false])
  frozen.restore()
  expect([derived.headersSent, derived.writableEnded]).toEqual([false, false])
})

it.each(kinds)('a response %s whose setHeader was replaced has that one again', (_, create) => {
  const response = create()
  const value = ServerResponse.prototype.setHeader.bind(response)
  Object.defineProperty(response, 'setHeader', { configurable: true, value })
  const frozen = freezeHeaders(response)

  expect(() => response.setHeader('A', '1')).toThrow('after they are sent')
  frozen.restore()
  expect(response.setHeader).toBe(value)
})

it('a response that has getters of its own has them again after its commit', () => {
  const response = createResponse()
  Object.defineProperty(response, 'headersSent', { configurable: true, writable: true, value: false })
  const frozen = freezeHeaders(response)

  expect(response.headersSent).toBe(true)
  frozen.restore()
  Object.assign(response, { headersSent: true })
  expect(response.headersSent).toBe(true)
})

it.each([
  ['end', (response: ServerResponse) => ServerResponse.prototype.end.call(response, 'x', 'utf8')],
  ['write', (response: ServerResponse) => ServerResponse.prototype.write.call(response, Buffer.from('x'), 'utf8')],
])("code that kept Node's own %s sends nothing of a response that waits", (_, send) => {
  const response = createResponse()
  const socket = new PassThrough()
  response.assignSocket(socket as unknown as Socket)
  const frozen = freezeHeaders(response)

  expect(() => send(response)).toThrow('after they are sent')
  frozen.restore()
  expect(String(socket.read() ?? '')).toBe('')
  expect(response.headersSent).toBe(false)
})

it('a response whose writableEnded was replaced has that one again', () => {
  const response = createResponse()
  Object.defineProperty(response, 'writableEnded', { configurable: true, writable: true, value: false })
  const frozen = freezeHeaders(response)
  frozen.markEnded()

  expect([response.headersSent, response.writableEnded]).toEqual([true, true])
  frozen.restore()
  expect(Object.getOwnPropertyDescriptor(response, 'writableEnded')).toMatchObject({ value: false, writable: true })
})

it('setHeader can be replaced while a response waits', () => {
  const response = createOther()
  const frozen = freezeHeaders(response)
  response.setHeader = () => response
  frozen.restore()

  expect(response.setHeader('A', '1').getHeaders()).toEqual({ a: '1' })
})
