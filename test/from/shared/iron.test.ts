import crypto, { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { describe, expect, it, vi } from 'vitest'
import { createUnsealer } from '../../../src/from/shared/iron.ts'

const password = 'a password of at least 32 bytes, as iron wants'
const now = Date.UTC(2026, 0, 15)

/** Seals as iron does. */
function seal(data: unknown, iterations = 1, expiration: number | '' = ''): string {
  const derive = (salt: string) => pbkdf2Sync(password, salt, iterations, 32, 'sha1')
  const [salt, macSalt] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')] as const
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', derive(salt), iv)
  const encrypted = Buffer.concat([cipher.update(JSON.stringify(data)), cipher.final()])
  const signed = ['Fe26.2', '', salt, iv.toString('base64url'), encrypted.toString('base64url'), expiration].join('*')
  return [signed, macSalt, createHmac('sha256', derive(macSalt)).update(signed).digest('base64url')].join('*')
}

describe('createUnsealer', () => {
  it('derives the keys of a seal once', async () => {
    const derive = vi.spyOn(crypto, 'pbkdf2')
    syncBuiltinESMExports()
    const unsealer = createUnsealer(password, [1, 2])
    const value = seal({ userId: 7 }, 2)
    for (let times = 0; times < 3; times++) {
      expect(await unsealer.unseal(value, now, {})).toMatchObject({ data: { userId: 7 } })
      // One for the signature, and one for the contents.
      expect(derive).toHaveBeenCalledTimes(2)
    }
    derive.mockRestore()
    syncBuiltinESMExports()
  })

  it('tries two seals of a request with many iterations, and those that it knows', async () => {
    const unsealer = createUnsealer(password, [1, 2])
    const forged = seal({}, 2).replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))
    const request = {}
    const known = seal({ userId: 7 }, 2)
    await unsealer.unseal(known, now, {})
    for (let times = 0; times < 2; times++) expect(await unsealer.unseal(forged, now, request)).toBeNull()
    expect(await unsealer.unseal(seal({ userId: 8 }, 2), now, request)).toBeNull()
    expect(await unsealer.unseal(seal({ userId: 9 }), now, request)).toMatchObject({ data: { userId: 9 } })
    expect(await unsealer.unseal(known, now, request)).toMatchObject({ data: { userId: 7 } })
  })

  it('derives two keys at a time in the process', async () => {
    const running = { now: 0, most: 0 }
    const derive = vi.spyOn(crypto, 'pbkdf2').mockImplementation(((...args: any[]) => {
      running.most = Math.max(running.most, ++running.now)
      setImmediate(() => {
        running.now--
        args.at(-1)(null, Buffer.alloc(32))
      })
    }) as typeof crypto.pbkdf2)
    syncBuiltinESMExports()
    const unsealers = [createUnsealer(password, [2]), createUnsealer(password, [2])]
    await Promise.all(unsealers.flatMap((each) => [1, 2, 3].map(() => each.unseal(seal({}, 2), now, {}))))
    expect(derive).toHaveBeenCalledTimes(6)
    expect(running).toEqual({ now: 0, most: 2 })
    derive.mockRestore()
    syncBuiltinESMExports()
  })

  it('gives up the seals that wait for longest once 1,000 wait, so that a flood of forged ones does not fill the memory', async () => {
    const unfinished: (() => void)[] = []
    const derive = vi.spyOn(crypto, 'pbkdf2').mockImplementation(((...args: any[]) => {
      unfinished.push(() => args.at(-1)(null, Buffer.alloc(32)))
    }) as typeof crypto.pbkdf2)
    syncBuiltinESMExports()
    const unsealer = createUnsealer(password, [2])
    const value = seal({}, 2)
    const results: Record<number, unknown> = {}
    const opened = Array.from({ length: 1010 }, async (_, index) => {
      results[index] = await unsealer.unseal(value, now, {}).catch((error: unknown) => error)
    })
    await new Promise(setImmediate)

    // Two are being derived. Of the others, the first eight are too many.
    const error = new Error('Too many seals wait for their keys.')
    expect(results).toEqual(Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 9].map((index) => [index, error])))
    for (let finish = unfinished.shift(); finish !== undefined; finish = unfinished.shift()) {
      finish()
      await new Promise(setImmediate)
    }
    await Promise.all(opened)
    expect(Object.values(results).filter((result) => result === null).length).toBe(1002)
    derive.mockRestore()
    syncBuiltinESMExports()
  })

  it('checks the signature again, though the keys are known', async () => {
    const unsealer = createUnsealer(password, [1])
    const value = seal({ userId: 7 })
    await unsealer.unseal(value, now, {})
    const parts = value.split('*')
    for (const index of [1, 3, 4, 7]) {
      const forged = parts.with(index, parts[index]!.replace(/^./, (first) => (first === 'x' ? 'y' : 'x')) || 'x')
      expect(await unsealer.unseal(forged.join('*'), now, {})).toBeNull()
    }
  })

  it('accepts a seal for a minute after its end, because the clock of another server may be ahead', async () => {
    const unsealer = createUnsealer(password, [1])
    expect(await unsealer.unseal(seal({}, 1, now - 59_999), now, {})).toEqual({ data: {}, expiresAt: now - 59_999 })
    expect(await unsealer.unseal(seal({}, 1, now - 60_000), now, {})).toBeNull()
  })
})
