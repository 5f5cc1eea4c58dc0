import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { freezeHeaders } from '../../../src/adapters/shared/header-changes.ts'

setFlagsFromString('--allow-natives-syntax')
const hasFastProperties: (object: object) => boolean = runInNewContext('(object) => %HasFastProperties(object)')

const createResponse = () => new ServerResponse(new IncomingMessage(new Socket()))

it('V8 keeps a response fast that waits for its commit, and after it', () => {
  for (let round = 0; round < 3; round++) {
    const response = createResponse()
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
  const before = Reflect.ownKeys(response)
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
  expect(Reflect.ownKeys(response)).toEqual(before)
})
