import { afterEach, expect, it, vi } from 'vitest'
import { SojournError } from '../src/index.ts'

afterEach(() => vi.restoreAllMocks())

it('a store that cannot be asked becomes a 503 that says when to come again', () => {
  const error = new SojournError('ERR_SESSION_UNAVAILABLE', 'x', { cause: 'the driver' })
  const response = error.getResponse()

  expect(error).toMatchObject({ name: 'SojournError', status: 503, statusCode: 503, cause: 'the driver' })
  expect(error.headers).toEqual({ 'Retry-After': '1' })
  expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1'])
})

it('a mistake in the program becomes a 500 that tells the visitor nothing, and the console everything', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const error = new SojournError('ERR_DATA', 'the message')
  const response = error.getResponse()

  expect([error.status, response.status, await response.text()]).toEqual([500, 500, 'Internal Server Error'])
  expect(told).toHaveBeenCalledWith(error)
})
