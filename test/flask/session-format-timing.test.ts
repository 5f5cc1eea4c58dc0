import { timingSafeEqual } from 'node:crypto'
import { beforeEach, expect, it, vi } from 'vitest'
import { flaskSessionFormat } from '../../src/flask/session-format.ts'
import { secret } from '../support/sessions.ts'
import { context } from '../support/tokens.ts'

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) }
})
beforeEach(() => void vi.mocked(timingSafeEqual).mockClear())

const format = flaskSessionFormat({
  secretKey: secret('new'),
  secretKeyFallbacks: [secret('old')],
  useSigner: true,
  userKey: 'person_id',
  isJson: false,
  idLength: 32,
})

it('CVE-2019-16782 (Rack): with the signer no id is looked up whose signature is not proved, in constant time, by each key', () => {
  const identity = { id: 'abc', secret: 'abc' }
  const signed = format.seal({ identity } as never, context)
  const end = signed.endsWith('A') ? 'B' : 'A'

  expect(format.open(`${signed.slice(0, -1)}${end}`, context)).toEqual({ outcome: 'forged' })
  expect(timingSafeEqual).toHaveBeenCalledTimes(2)
  expect(format.open(signed, context).outcome).toBe('active')
  expect(timingSafeEqual).toHaveBeenCalledTimes(3)
})
