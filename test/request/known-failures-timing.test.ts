import { createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { createCsrf } from '../../src/session/csrf.ts'

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) }
})

it('CVE-2016-1000236: a form’s token is compared in constant time, with each key', () => {
  const csrf = createCsrf(() => [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))])
  const token = csrf.tokenFor('id')

  expect(csrf.isTokenFor('id', token)).toBe(true)
  expect(csrf.isTokenFor('id', `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toBe(false)
  expect(timingSafeEqual).toHaveBeenCalledTimes(4)
})
