import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import express from 'express'
import { afterEach, expect, it, vi } from 'vitest'
import { SojournError } from '../../src/index.ts'

// Its types are those of Express 5.
const express4 = createRequire(import.meta.url)('express4') as typeof express

afterEach(() => vi.restoreAllMocks())

it('a store that cannot be asked becomes a 503 that says when to come again', () => {
  const error = new SojournError('ERR_SESSION_UNAVAILABLE', 'x', { cause: 'the driver' })
  const response = error.getResponse()

  expect(error).toMatchObject({ name: 'SojournError', status: 503, statusCode: 503, cause: 'the driver' })
  expect(error.headers).toEqual({ 'Retry-After': '1' })
  expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1'])
})

it('a sign-in beyond the limit becomes a 409, which is no mistake of the program', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const error = new SojournError('ERR_SESSION_LIMIT', 'the message')
  const response = error.getResponse()

  expect(error).toMatchObject({ status: 409, statusCode: 409, headers: {} })
  expect([response.status, await response.text()]).toEqual([409, 'Conflict'])
  expect(logged).not.toHaveBeenCalled()
})

it('a mistake in the program becomes a 500 without details for the visitor, and all details on the console', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const error = new SojournError('ERR_DATA', 'the message')
  const response = error.getResponse()

  expect([error.status, response.status, await response.text()]).toEqual([500, 500, 'Internal Server Error'])
  expect(logged).toHaveBeenCalledWith(error)
})

it('prints its code, and nothing that is for frameworks', () => {
  const printed = inspect(new SojournError('ERR_DATA', 'the message'))

  expect(printed).toMatch(/^SojournError: the message\n[^]*\{\s+code: 'ERR_DATA'\s+\}$/)
})

it('keeps a status that the application puts in the place of its own', () => {
  const error: { status: number } = new SojournError('ERR_DATA', 'the message')
  error.status = 400

  expect(error.status).toBe(400)
})

it.each([
  ['5', express, 'ERR_SESSION_UNAVAILABLE', 503],
  ['4', express4, 'ERR_SESSION_UNAVAILABLE', 503],
  ['5', express, 'ERR_SESSION_LIMIT', 409],
  ['4', express4, 'ERR_SESSION_LIMIT', 409],
] as const)('is answered by Express %s as it says, without us', async (_, create, code, expected) => {
  const app = create().set('env', 'test') // in which it logs nothing
  app.get('/', () => {
    throw new SojournError(code, 'the message')
  })
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { status, headers } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  server.close()

  expect([status, headers.get('Retry-After')]).toEqual([expected, expected === 503 ? '1' : null])
})
